import { createHash } from 'node:crypto'
import * as v from 'valibot'
import type { QuestionPolicy } from './build-settings.ts'
import { parseJson } from './parse-json.ts'
import type { Report } from './report.ts'
import { amountSchema } from './report.ts'

export const questionReasons = [
  'cost_threshold',
  'security',
  'approval',
  'tradeoff',
  'other',
] as const

export type QuestionReason = (typeof questionReasons)[number]

/** One question of clarifications.json. */
export interface AskedQuestion {
  readonly id: string
  readonly question: string
  readonly reason: QuestionReason
  readonly options: readonly string[]
  readonly default: string | undefined
  readonly cost_estimate_monthly: number | undefined
}

export type Decision = 'approve' | 'reject' | 'answer'

export interface Answer {
  readonly answer: string
  readonly decision: Decision
  readonly by: 'user' | 'timeout' | 'policy'
  readonly answered_at: string
}

type Asked = Pick<AskedQuestion, 'id' | 'question'> &
  Partial<Pick<AskedQuestion, 'reason' | 'cost_estimate_monthly'>>

/**
 * Keys a question by its id and all that an answer is about, so that an id that an agent uses again never gets an
 * old answer: not to another text, and not to another reason or amount in the same words.
 */
export function questionKey({ id, question, reason, cost_estimate_monthly }: Asked): string {
  const about = JSON.stringify([question, reason, cost_estimate_monthly])
  const hash = createHash('sha256').update(about, 'utf8').digest('hex').slice(0, 16)
  return `${id}#${hash}`
}

const bounded = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength))

const clarificationsSchema = v.looseObject({
  questions: v.pipe(
    v.array(
      v.looseObject({
        id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
        question: v.pipe(v.string(), v.minLength(1), v.maxLength(20_000)),
        reason: v.optional(v.fallback(v.picklist(questionReasons), 'other'), 'other'),
        options: v.nullish(v.pipe(v.array(bounded(2_000)), v.maxLength(50))),
        default: v.nullish(bounded(20_000)),
        // An invalid amount is dropped: the question is asked all the same, and its answer covers no cost.
        cost_estimate_monthly: v.fallback(v.nullish(amountSchema), undefined),
      }),
    ),
    v.maxLength(100),
  ),
})

/** Reads the text of a clarifications.json; never throws. */
export function parseClarifications(
  text: string,
):
  | { readonly ok: true; readonly questions: readonly AskedQuestion[] }
  | { readonly ok: false; readonly problem: string } {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = v.safeParse(clarificationsSchema, json.value)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    return { ok: false, problem: `${v.getDotPath(issue) ?? 'clarifications'}: ${issue.message}` }
  }
  return {
    ok: true,
    questions: parsed.output.questions.map((question) => ({
      id: question.id,
      question: question.question,
      reason: question.reason,
      options: question.options ?? [],
      default: question.default ?? undefined,
      cost_estimate_monthly: question.cost_estimate_monthly ?? undefined,
    })),
  }
}

/** These questions need an approval: a refusal ends the build, and the safe answer is to refuse. */
const gateReasons: readonly QuestionReason[] = ['cost_threshold', 'security', 'approval']

export const isGate = (question: Pick<AskedQuestion, 'reason'>): boolean =>
  gateReasons.includes(question.reason)

interface Keyed extends AskedQuestion {
  readonly key: string
}

interface Answered extends AskedQuestion {
  readonly answer: { readonly decision: Decision } | undefined
}

/**
 * The question that a report's cost raises when it is above the threshold, no one approved as much in this build,
 * and no open question is about it. The supervisor asks it, so nothing that the agent writes answers or removes
 * it.
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
      (question.answer === undefined || question.answer.decision === 'approve') &&
      coversCost(question, cost),
  )
  if (isCovered) return undefined
  return {
    id: `cost-${cost}`,
    question: `The agent estimates ${cost} US dollars a month; without an approval the limit is ${threshold}. Go on?`,
    reason: 'cost_threshold',
    options: [],
    default: undefined,
    cost_estimate_monthly: cost,
  }
}

/**
 * Returns the key of the supervisor's own gate, which is its id alone. The key of an agent's question ends with a
 * hash, so that it never is the same.
 */
export const ownGateKey = (gate: Pick<AskedQuestion, 'id'>): string => gate.id

const isOwnGate = (question: Pick<Keyed, 'key' | 'id'>) => question.key === ownGateKey(question)

/** Whether an approval of this question is one of that cost: only of an amount that it names. */
const coversCost = (question: AskedQuestion, cost: number) =>
  question.reason === 'cost_threshold' && (question.cost_estimate_monthly ?? 0) >= cost

/**
 * Finds the supervisor's own gates that the approval of a cost approves too, because they ask only for an amount.
 */
export const approvedWith = <Question extends Keyed>(
  approved: AskedQuestion,
  open: readonly Question[],
): readonly Question[] =>
  open.filter((one) => isOwnGate(one) && coversCost(approved, one.cost_estimate_monthly ?? 0))

/**
 * Returns the open questions without the supervisor's own gates that the answer to another question settles, so
 * that no amount is asked for twice.
 */
export function withoutRepeated<Question extends Keyed>(
  open: readonly Question[],
): readonly Question[] {
  const isRepeated = (one: Question) =>
    open.some((other) => other.key !== one.key && approvedWith(other, [one]).length > 0)
  return open.filter((one) => !isRepeated(one))
}

/** Returns the answer that the policy gives to an open question; `undefined` when it gives none. */
export function answerByPolicy(
  question: AskedQuestion,
  policy: QuestionPolicy,
): Pick<Answer, 'answer' | 'decision'> | undefined {
  switch (policy) {
    case 'approve':
      return isGate(question) || question.default === undefined
        ? approved
        : { answer: question.default, decision: 'approve' }
    case 'reject':
      return rejected
    case 'default':
      return defaultAnswer(question)
    case 'wait':
    case 'fail':
      return undefined
  }
}

export const approved = { answer: 'approved', decision: 'approve' } as const
export const rejected = { answer: 'rejected', decision: 'reject' } as const

/** Returns the safe answer, for a question that no one answered in time. */
export const safeAnswer = (question: AskedQuestion): Pick<Answer, 'answer' | 'decision'> =>
  defaultAnswer(question) ?? rejected

/** Returns the answer that the agent suggests. A gate is never approved that way. */
function defaultAnswer(question: AskedQuestion): Pick<Answer, 'answer' | 'decision'> | undefined {
  if (isGate(question) || !question.default) return undefined
  return { answer: question.default, decision: 'answer' }
}

const refusals: Readonly<Record<Answer['by'], string>> = {
  user: 'An approval that the build needs was refused',
  policy: 'An approval that the build needs was refused, as --on-question says',
  timeout: 'No one gave an approval that the build needs in time',
}

/** Says why a refused gate ended the build. */
export const describeRefusal = (question: AskedQuestion, by: Answer['by']): string =>
  `${refusals[by]}: ${shortened(question.question)}`

const longestQuoted = 300

/** Shortens a question to a part of a sentence. */
export const shortened = (text: string): string =>
  text.length > longestQuoted ? `${text.slice(0, longestQuoted)}…` : text
