import type { TurnFailure } from '../agents/activity.ts'
import { type BuildState, isFinal } from '../domain/build-state.ts'
import type { Report } from '../domain/report.ts'

/** Why an attempt, or with the last one the build, failed. */
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
  /** One sentence. */
  readonly message: string
  /** What verification saw. */
  readonly seen?: { readonly url: string; readonly evidence: unknown; readonly tries: number }
}

/** How the agent keeps still: it ended its turn without a claim, or gave no sign of life for too long. */
export type Silence = 'idle' | 'stalled'

/** What the supervisor sees when it looks: everything that its next step depends on. */
export interface Facts {
  readonly state: BuildState
  readonly isTimeUp: boolean
  readonly isAttemptTimeUp: boolean
  readonly isBudgetSpent: boolean
  /** A pause is on: between attempts, or until a usage limit is lifted. */
  readonly isPausing: boolean
  /** How far the attempt's first prompt is; `none`: the attempt has not begun. */
  readonly prompt: 'none' | 'planned' | 'sent' | 'confirmed'
  /** The agent's hooks prove that it took the prompt that was sent. */
  readonly isPromptAccepted: boolean
  /** Since the prompt was sent nothing proved that it was accepted, for longer than an agent may take. */
  readonly isPromptOverdue: boolean
  readonly isAgentAlive: boolean
  readonly isAgentReady: boolean
  /** The tool that the agent waits for a human to allow. */
  readonly permissionWanted: string | undefined
  /** The agent's last turn failed. */
  readonly turnFailure: FailedTurn | undefined
  /** What the agent said in the error report that is recorded: its attempt has yet to be ended. */
  readonly reportedError: string | undefined
  readonly silence: Silence | undefined
  /** The newest line that follows the prompt (an answer, a reminder, a call back) and is not taken yet. */
  readonly line: 'none' | 'planned' | 'sent'
  /** The agent's hooks prove that it took that line. */
  readonly isLineAccepted: boolean
  readonly isLineOverdue: boolean
  readonly wasReminded: boolean
  /** The agent was lost with its tmux session, not by its own death: the attempt goes on. */
  readonly isAgentLost: boolean
  /** A usage limit that was waited for is lifted. */
  readonly isLimitOver: boolean
  /** A report of this attempt that is not recorded yet. */
  readonly newReport: Report | undefined
  /** The problem of a status.json that stays bad and is not recorded yet. */
  readonly invalidReport: string | undefined
  readonly hasNewQuestions: boolean
  readonly openQuestions: number
  /** Whether the policy answers one of them, or no one answered one in time. */
  readonly hasQuestionsToSettle: boolean
  /** One of the open ones needs an approval: whatever the agent does meanwhile, nothing goes on. */
  readonly hasOpenGate: boolean
  /** What was asked where the policy is to give up then. */
  readonly forbiddenQuestion: string | undefined
  /** Why a refused approval ends the build. */
  readonly refusal: string | undefined
  /** The agent has not been given all answers. */
  readonly hasUntoldAnswers: boolean
}

/** What the agent says of the failure, and what that means for this build. */
export interface FailedTurn extends Pick<TurnFailure, 'kind' | 'name' | 'message'> {
  /** Of a usage limit: when it is lifted, where the agent said so; and whether that is near enough to wait for. */
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
 * The one next step, most pressing first. Every step changes what the next look sees, so that a loop of it ends.
 */
export function nextStep(facts: Facts): Step {
  if (isFinal(facts.state)) return { do: 'leave' }
  if (facts.isTimeUp)
    return fail('timeout', 'The build’s time limit ran out. Give it more with --timeout')
  // What is claimed already costs nothing more.
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
  // What the agent was given comes before what it said since.
  if (facts.isLineAccepted) return { do: 'tell_line' }
  if (facts.reportedError !== undefined && !facts.hasOpenGate)
    return endAttempt('agent_error', facts.reportedError)
  // What an agent asks and says before it dies counts: that is looked at first.
  if (facts.prompt === 'confirmed' && facts.hasNewQuestions) return { do: 'record_questions' }
  if (facts.newReport) return { do: 'record_report', report: facts.newReport }
  if (facts.hasOpenGate) return whileAsked(facts)
  if (facts.state === 'verifying') return { do: 'verify' }
  if (facts.isAttemptTimeUp)
    return endAttempt('attempt_timeout', 'The attempt’s time limit ran out')
  if (facts.permissionWanted !== undefined)
    return endAttempt(
      'permission',
      `The agent asked for a permission that nobody is there to give: ${facts.permissionWanted}`,
    )
  if (facts.isLimitOver && facts.line === 'none') return { do: 'plan_call_back' }
  if (facts.turnFailure && facts.line === 'none') return turnFailed(facts.turnFailure)
  if (facts.prompt === 'confirmed') {
    // Whether the agent lives or not: its answer calls it back.
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

/** A living agent that keeps still is reminded once before the attempt is spent. */
function stillness(facts: Facts): Step {
  if (facts.line === 'sent' && !facts.isLineOverdue) return { do: 'tell_line' }
  if (facts.line === 'sent')
    return endAttempt('stalled', 'The agent took no line into its conversation any more')
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
 * Another attempt does not cure a refused login or an empty account; waiting cures a usage limit; an API that is
 * overloaded or out of reach may be, after a pause.
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
