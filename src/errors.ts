/** Why a call was refused or came to nothing, in a word that programs can rely on. */
export type ErrorReason =
  /** An option, an argument or an input is wrong. */
  | 'usage'
  | 'no_such_session'
  /** This machine or account lacks something; the hint says what to do about it. */
  | 'not_ready'
  /** Another build, or another home, has the session. */
  | 'conflict'
  /** An approval is open, and nothing goes on without it. */
  | 'question_open'
  | 'not_verified'
  /** The user said no. */
  | 'refused'
  /** The build that was to go on has failed. */
  | 'failed'

/** An error for users: what happened, and how to go on. The edge decides what its reason means as an exit code. */
export class TmuxBuilderError extends Error {
  readonly reason: ErrorReason
  readonly hint: string | undefined

  constructor(reason: ErrorReason, message: string, hint?: string) {
    super(message)
    this.name = 'TmuxBuilderError'
    this.reason = reason
    this.hint = hint
  }
}

export const usageError = (message: string, hint?: string) =>
  new TmuxBuilderError('usage', message, hint)

export const noSuchSession = (message: string, hint?: string) =>
  new TmuxBuilderError('no_such_session', message, hint)

export const notReady = (message: string, hint?: string) =>
  new TmuxBuilderError('not_ready', message, hint)

export const conflict = (message: string, hint?: string) =>
  new TmuxBuilderError('conflict', message, hint)

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** Thrown when a signal ends a call that was only watching, or had made nothing yet. */
export class Interrupted extends Error {
  readonly signal: EndSignal

  constructor(signal: EndSignal) {
    super(`ended by ${signal}`)
    this.name = 'Interrupted'
    this.signal = signal
  }
}
