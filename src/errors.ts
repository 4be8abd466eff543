/** What a user can be told: what happened, how to go on, and the exit code of the contract. */
export class TmuxBuilderError extends Error {
  readonly code: string
  readonly exitCode: number
  readonly hint: string | undefined

  constructor(code: string, exitCode: number, message: string, hint?: string) {
    super(message)
    this.name = 'TmuxBuilderError'
    this.code = code
    this.exitCode = exitCode
    this.hint = hint
  }
}

export const exitCodes = {
  ok: 0,
  buildFailed: 1,
  usage: 2,
  questionOpen: 3,
  noSuchSession: 4,
  notReady: 5,
  conflict: 6,
  notVerified: 7,
  agentCannotWork: 8,
  bug: 70,
  timeout: 124,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const

/** Exit 2: an option, an argument or an input is wrong. */
export const usageError = (message: string, hint?: string) =>
  new TmuxBuilderError('usage', exitCodes.usage, message, hint)

/** Exit 4: no session has this GUID or prefix. */
export const noSuchSession = (message: string, hint?: string) =>
  new TmuxBuilderError('no_such_session', exitCodes.noSuchSession, message, hint)

/** Exit 5: something this machine lacks; the hint says what to do about it. */
export const notReady = (message: string, hint?: string) =>
  new TmuxBuilderError('not_ready', exitCodes.notReady, message, hint)

/** Exit 6: another build, or another home, has the session. */
export const conflict = (message: string, hint?: string) =>
  new TmuxBuilderError('conflict', exitCodes.conflict, message, hint)

const signalExitCodes = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
} as const

export type EndSignal = keyof typeof signalExitCodes

/** Thrown when a signal ends a command that was only watching, or had made nothing yet. */
export class Interrupted extends Error {
  readonly signal: EndSignal
  readonly exitCode: number

  constructor(signal: EndSignal) {
    super(`ended by ${signal}`)
    this.name = 'Interrupted'
    this.signal = signal
    this.exitCode = signalExitCodes[signal]
  }
}
