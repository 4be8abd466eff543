import type { QuestionPolicy } from './build-settings.ts'
import type { AskedQuestion, Decision, QuestionReason } from './questions.ts'
import type { Report } from './report.ts'

/** What needs an approval: a refusal ends the build, and the safe answer is to refuse. */
const gateReasons: readonly QuestionReason[] = ['cost_threshold', 'security', 'approval']

export const isGate = (question: Pick<AskedQuestion, 'reason'>): boolean =>
  gateReasons.includes(question.reason)

interface Answered extends AskedQuestion {
  readonly answer: { readonly decision: Decision } | undefined
}

/**
 * The question that a report's cost raises when it is above the threshold, nobody approved as much in this build, and
 * no open question is about it. It is ours: nothing that the agent can write asks it away or answers it.
 */
export function costGate(
  report: Report,
  threshold: number,
  questions: readonly Answered[],
): AskedQuestion | undefined {
  const cost = report.cost_estimate_monthly ?? 0
  if (cost <= threshold) return undefined
  const isCovered = questions.some(
    (question) =>
      question.reason === 'cost_threshold' &&
      (question.answer === undefined || question.answer.decision === 'approve') &&
      (question.cost_estimate_monthly ?? 0) >= cost,
  )
  if (isCovered) return undefined
  return {
    id: `cost-${cost}`,
    question: `The agent estimates ${cost} US dollars a month; without an approval the limit is ${threshold}. Go on?`,
    reason: 'cost_threshold',
    options: ['approve', 'reject'],
    default: 'reject',
    cost_estimate_monthly: cost,
  }
}

/** How an open question is answered without a user; `undefined`: it is not. */
export function answerByPolicy(
  question: AskedQuestion,
  policy: QuestionPolicy,
): { readonly answer: string; readonly decision: Decision } | undefined {
  switch (policy) {
    case 'approve':
      return { answer: question.default ?? 'approved', decision: 'approve' }
    case 'reject':
      return { answer: 'rejected', decision: 'reject' }
    case 'default':
      return defaultAnswer(question)
    case 'wait':
    case 'fail':
      return undefined
  }
}

/** The safe answer, for a question that nobody answered in time. */
export function safeAnswer(question: AskedQuestion): {
  readonly answer: string
  readonly decision: Decision
} {
  return defaultAnswer(question) ?? { answer: 'rejected', decision: 'reject' }
}

/** What the agent itself suggests; an approval is never given that way. */
function defaultAnswer(
  question: AskedQuestion,
): { readonly answer: string; readonly decision: Decision } | undefined {
  if (isGate(question) || question.default === undefined) return undefined
  return { answer: question.default, decision: 'answer' }
}
