import type { TurnFailure } from '../agents/activity.ts'
import { type BuildState, isFinal } from '../domain/build-state.ts'
import type { Report } from '../domain/report.ts'

/** The reason why an attempt failed, and with the last attempt the build. */
export type FailureReason =
  | 'agent_error'
  | 'agent_exited'
  | 'agent_failed'
  | 'agent_start'
  | 'attempt_timeout'
  | 'budget'
  | 'credit'
  | 'internal'
  | 'limit'
  | 'login'
  | 'no_claim'
  | 'overload'
  | 'permission'
  | 'prompt_not_accepted'
  | 'question'
  | 'rejected'
  | 'stalled'
  | 'timeout'
  | 'verification'

export interface Failure {
  readonly reason: FailureReason
  /** It is one sentence. */
  readonly message: string
  /** What verification saw. */
  readonly seen?: { readonly url: string; readonly evidence: unknown; readonly tries: number }
}

/** An agent is silent when it ended its turn without a claim, or gave no sign of life for too long. */
export type Silence = 'idle' | 'stalled'

/** Everything that the supervisor's next step depends on. */
export interface Facts {
  readonly state: BuildState
  readonly isTimeUp: boolean
  readonly isAttemptTimeUp: boolean
  readonly isBudgetSpent: boolean
  /** The build pauses between attempts or until a usage limit is lifted. */
  readonly isPausing: boolean
  /** How far the delivery of the attempt's prompt is; `none` means that the attempt has not begun. */
  readonly prompt: 'none' | 'planned' | 'sent' | 'confirmed'
  /** The agent's activity shows that it took the prompt that was sent. */
  readonly isPromptAccepted: boolean
  /** Nothing has proved for too long that the agent accepted the prompt. */
  readonly isPromptOverdue: boolean
  readonly isAgentAlive: boolean
  readonly isAgentReady: boolean
  /** The tool that the agent waits for a human to allow. */
  readonly permissionWanted: string | undefined
  /** The agent's last turn failed. */
  readonly turnFailure: FailedTurn | undefined
  /** What the recorded error report says, whose attempt has yet to be ended. */
  readonly reportedError: string | undefined
  readonly silence: Silence | undefined
  /** How far the delivery of the newest line after the prompt is; `none` when it is confirmed or there is none. */
  readonly line: 'none' | 'planned' | 'sent'
  /** The agent's activity shows that it took that line. */
  readonly isLineAccepted: boolean
  readonly isLineOverdue: boolean
  readonly wasReminded: boolean
  /** The agent was lost with its tmux session and did not end by itself, so the attempt goes on. */
  readonly isAgentLost: boolean
  /** A usage limit that was waited for is lifted. */
  readonly isLimitOver: boolean
  /** A report of this attempt that is not recorded yet. */
  readonly newReport: Report | undefined
  /** The problem of a status.json that stays bad and is not recorded yet. */
  readonly invalidReport: string | undefined
  readonly hasNewQuestions: boolean
  readonly openQuestions: number
  /** The policy answers one of them, or the time to answer one is over. */
  readonly hasQuestionsToSettle: boolean
  /** One of them is a gate, so that the build does not go on whatever the agent does. */
  readonly hasOpenGate: boolean
  /** The question that ends the build, when the policy is `fail`. */
  readonly forbiddenQuestion: string | undefined
  /** The sentence for a refused approval, which ends the build. */
  readonly refusal: string | undefined
  /** The agent has not been given all answers yet. */
  readonly hasUntoldAnswers: boolean
}

/** The failure of a turn, and what it means for this build. */
export interface FailedTurn extends Pick<TurnFailure, 'kind' | 'name' | 'message'> {
  /** When a usage limit is lifted, if the agent said so, and whether this build may wait for that. */
  readonly resetsAt: string | undefined
  readonly isWorthWaiting: boolean
}

export type Step =
  | { readonly do: 'leave' }
  | { readonly do: 'begin_attempt' }
  | { readonly do: 'deliver' }
  | { readonly do: 'prove_accepted' }
  | { readonly do: 'record_report'; readonly report: Report }
  | { readonly do: 'record_invalid_report'; readonly problem: string }
  | { readonly do: 'record_questions' }
  | { readonly do: 'settle_questions' }
  | { readonly do: 'plan_answers' }
  | { readonly do: 'plan_reminder'; readonly silence: Silence }
  | { readonly do: 'plan_call_back' }
  | { readonly do: 'tell_line' }
  | { readonly do: 'send_again' }
  | { readonly do: 'wait_for_limit'; readonly until: string; readonly message: string }
  | { readonly do: 'verify' }
  | { readonly do: 'end_attempt'; readonly failure: Failure }
  | { readonly do: 'fail'; readonly failure: Failure }
  | { readonly do: 'wait' }

/**
 * Decides the one next step, the most urgent first. Every step changes what the next look sees, so that the loop
 * ends.
 */
export function nextStep(facts: Facts): Step {
  if (isFinal(facts.state)) return { do: 'leave' }
  if (facts.isTimeUp)
    return fail('timeout', 'The build’s time limit ran out. Give it more with --timeout')
  // A build that is claimed to be deployed costs nothing more.
  const isClaimed = facts.state === 'verifying' || facts.newReport?.status === 'deployed'
  if (facts.isBudgetSpent && !isClaimed)
    return fail('budget', 'The build’s budget is used up. Give it more with --budget-usd')
  if (facts.refusal !== undefined) return fail('rejected', facts.refusal)
  if (facts.invalidReport !== undefined)
    return { do: 'record_invalid_report', problem: facts.invalidReport }
  if (facts.isPausing) return { do: 'wait' }
  if (facts.state === 'pending' || facts.state === 'retrying') return { do: 'begin_attempt' }
  if (facts.prompt === 'planned') return { do: 'deliver' }
  if (facts.prompt === 'sent' && facts.isPromptAccepted) return { do: 'prove_accepted' }
  // An accepted line is recorded before what the agent said after it.
  if (facts.isLineAccepted) return { do: 'tell_line' }
  if (facts.reportedError !== undefined && !facts.hasOpenGate)
    return endAttempt('agent_error', facts.reportedError)
  // What an agent asked and reported before it died counts, so it comes before a look at the agent.
  if (facts.prompt === 'confirmed' && facts.hasNewQuestions) return { do: 'record_questions' }
  if (facts.newReport) return { do: 'record_report', report: facts.newReport }
  if (facts.hasOpenGate) return whileAsked(facts)
  if (facts.state === 'verifying') return { do: 'verify' }
  if (facts.isAttemptTimeUp)
    return endAttempt('attempt_timeout', 'The attempt’s time limit ran out')
  if (facts.permissionWanted !== undefined)
    return endAttempt(
      'permission',
      `The agent asked for a permission that no one is there to give: ${facts.permissionWanted}`,
    )
  if (facts.isLimitOver && facts.line === 'none') return { do: 'plan_call_back' }
  if (facts.turnFailure && facts.line === 'none') return turnFailed(facts.turnFailure)
  if (facts.prompt === 'confirmed') {
    // These come before a look at the agent, because its answer starts an agent that has ended.
    if (facts.openQuestions > 0) return whileAsked(facts)
    if (facts.line === 'planned') return { do: 'tell_line' }
    if (facts.hasUntoldAnswers && facts.line === 'none') return { do: 'plan_answers' }
  }
  if (!facts.isAgentAlive) return agentGone(facts)
  if (facts.prompt === 'sent')
    return facts.isPromptOverdue
      ? facts.isAgentReady
        ? endAttempt('prompt_not_accepted', 'The agent did not accept its prompt')
        : endAttempt('agent_start', 'The agent’s program was not ready in time')
      : { do: 'prove_accepted' }
  return stillness(facts)
}

function whileAsked(facts: Facts): Step {
  if (facts.forbiddenQuestion !== undefined)
    return fail('question', `The agent asked a question: ${facts.forbiddenQuestion}`)
  return { do: facts.hasQuestionsToSettle ? 'settle_questions' : 'wait' }
}

function agentGone(facts: Facts): Step {
  if (facts.isAgentLost)
    return facts.prompt === 'confirmed' ? { do: 'plan_call_back' } : { do: 'send_again' }
  return facts.isAgentReady
    ? endAttempt('agent_exited', 'The agent’s program ended before it had deployed')
    : endAttempt('agent_start', 'The agent’s program ended before it was ready')
}

/** A living agent that is silent is reminded once before the attempt ends. */
function stillness(facts: Facts): Step {
  if (facts.line === 'sent' && !facts.isLineOverdue) return { do: 'tell_line' }
  if (facts.line === 'sent')
    return endAttempt('stalled', 'The agent no longer accepts a line into its conversation')
  if (!facts.silence) return { do: 'wait' }
  if (!facts.wasReminded) return { do: 'plan_reminder', silence: facts.silence }
  return facts.silence === 'idle'
    ? endAttempt('no_claim', 'The agent ended its turn without having deployed')
    : endAttempt('stalled', 'The agent gave no sign of life, also after a reminder')
}

const fail = (reason: FailureReason, message: string): Step => ({
  do: 'fail',
  failure: { reason, message },
})

const endAttempt = (reason: FailureReason, message: string): Step => ({
  do: 'end_attempt',
  failure: { reason, message },
})

/**
 * Decides by the kind of failure. Another attempt does not cure a refused login or an empty account, and only
 * waiting cures a usage limit. An API that is overloaded or out of reach may work again after a pause.
 */
function turnFailed(failure: FailedTurn): Step {
  const said = failure.message.trim().replace(/[.\s]+$/, '')
  const detail = said && `: ${said}`
  switch (failure.kind) {
    case 'login':
      return fail(
        'login',
        `The agent’s login was refused${detail}. Log its program in, or give it a valid key, and start the build again`,
      )
    case 'credit':
      return fail(
        'credit',
        `The agent’s account has no credit${detail}. Add some, and start the build again`,
      )
    case 'limit':
      return limitReached(failure, `The agent’s usage limit is reached${detail}`)
    case 'overload':
      return endAttempt('overload', `The agent’s API is overloaded or out of reach${detail}`)
    case 'other':
      return endAttempt('agent_failed', `The agent’s turn failed (${failure.name})${detail}`)
  }
}

function limitReached({ resetsAt, isWorthWaiting }: FailedTurn, message: string): Step {
  if (resetsAt === undefined) return endAttempt('limit', message)
  return isWorthWaiting
    ? { do: 'wait_for_limit', until: resetsAt, message }
    : fail(
        'limit',
        `${message}. It is lifted at ${resetsAt}, later than --wait-for-limit or the rest of --timeout allows: start the build again then`,
      )
}
