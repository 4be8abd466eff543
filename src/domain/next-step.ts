import type { BuildState } from './build-state.ts'
import type { Report } from './report.ts'

/** Why an attempt, or with the last one the build, failed. */
export type FailureReason =
  | 'agent_error'
  | 'agent_exited'
  | 'agent_failed'
  | 'agent_start'
  | 'prompt_not_accepted'
  | 'permission'
  | 'verification'
  | 'login'
  | 'credit'
  | 'timeout'
  | 'internal'
  | 'limit'

export interface Failure {
  readonly reason: FailureReason
  /** One sentence. */
  readonly message: string
  /** What verification saw. */
  readonly seen?: { readonly url: string; readonly evidence: unknown; readonly tries: number }
}

/** What the supervisor sees when it looks: everything that its next step depends on. */
export interface Facts {
  readonly state: BuildState
  readonly isTimeUp: boolean
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
  readonly turnFailure: { readonly error: string; readonly message: string } | undefined
  /** What the agent said in the error report that is recorded: its attempt has yet to be ended. */
  readonly reportedError: string | undefined
  /** A report of this attempt that is not recorded yet. */
  readonly newReport: Report | undefined
  readonly hasNewQuestions: boolean
  readonly openQuestions: number
  /** The agent's hooks prove that it took the line that tells of answers. */
  readonly isAnswerAccepted: boolean
  /** Answers that the agent was not told of. */
  readonly hasUntoldAnswers: boolean
}

export type Step =
  | { readonly do: 'leave' }
  | { readonly do: 'begin_attempt' }
  | { readonly do: 'deliver' }
  | { readonly do: 'record_accepted' }
  | { readonly do: 'press_enter' }
  | { readonly do: 'record_report'; readonly report: Report }
  | { readonly do: 'record_questions' }
  | { readonly do: 'tell_answers' }
  | { readonly do: 'verify' }
  | { readonly do: 'end_attempt'; readonly failure: Failure }
  | { readonly do: 'fail'; readonly failure: Failure }
  | { readonly do: 'wait' }

/** The one next step, most pressing first. Every step changes what the next look sees, so that a loop of it ends. */
export function nextStep(facts: Facts): Step {
  if (facts.state === 'deployed' || facts.state === 'failed' || facts.state === 'stopped')
    return { do: 'leave' }
  if (facts.isTimeUp) return fail('timeout', 'The build’s time limit ran out')
  if (facts.state === 'pending' || facts.state === 'retrying') return { do: 'begin_attempt' }
  if (facts.prompt === 'planned') return { do: 'deliver' }
  if (facts.prompt === 'sent' && facts.isPromptAccepted) return { do: 'record_accepted' }
  // What it was told comes before what it said since.
  if (facts.isAnswerAccepted) return { do: 'tell_answers' }
  if (facts.reportedError !== undefined) return endAttempt('agent_error', facts.reportedError)
  // What an agent says before it dies counts: the report is looked at first.
  if (facts.newReport) return { do: 'record_report', report: facts.newReport }
  if (facts.state === 'verifying') return { do: 'verify' }
  if (facts.permissionWanted !== undefined)
    return endAttempt(
      'permission',
      `The agent asked for a permission that nobody is there to give: ${facts.permissionWanted}`,
    )
  if (facts.turnFailure) return turnFailed(facts.turnFailure)
  if (!facts.isAgentAlive)
    return facts.isAgentReady || facts.prompt === 'confirmed'
      ? endAttempt('agent_exited', 'The agent’s program ended before it had deployed')
      : endAttempt('agent_start', 'The agent’s program ended before it was ready')
  if (facts.prompt === 'sent')
    return facts.isPromptOverdue
      ? facts.isAgentReady
        ? endAttempt('prompt_not_accepted', 'The agent did not accept its prompt')
        : endAttempt('agent_start', 'The agent’s program was not ready in time')
      : { do: 'press_enter' }
  if (facts.hasNewQuestions) return { do: 'record_questions' }
  if (facts.hasUntoldAnswers && facts.openQuestions === 0)
    return facts.isPromptOverdue
      ? endAttempt('prompt_not_accepted', 'The agent did not accept the answers')
      : { do: 'tell_answers' }
  return { do: 'wait' }
}

const fail = (reason: FailureReason, message: string): Step => ({
  do: 'fail',
  failure: { reason, message },
})

const endAttempt = (reason: FailureReason, message: string): Step => ({
  do: 'end_attempt',
  failure: { reason, message },
})

/** A refused login or an empty account is not mended by another attempt. */
function turnFailed(failure: { readonly error: string; readonly message: string }): Step {
  const detail = failure.message ? `: ${failure.message}` : ''
  switch (failure.error) {
    case 'authentication_failed':
      return fail('login', `The agent’s login was refused${detail}`)
    case 'billing_error':
      return fail('credit', `The agent’s account has no credit${detail}`)
    case 'rate_limit':
      return endAttempt('limit', `The agent’s usage limit is reached${detail}`)
    default:
      return endAttempt('agent_failed', `The agent’s turn failed (${failure.error})${detail}`)
  }
}

/** The contract's exit code for a build that failed for this reason. */
export function exitCodeOf(reason: FailureReason): number {
  switch (reason) {
    case 'verification':
      return 7
    case 'login':
    case 'credit':
    case 'limit':
      return 8
    case 'timeout':
      return 124
    default:
      return 1
  }
}
