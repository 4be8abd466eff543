import type { BuildResult } from '../app/follow-build.ts'
import type { EndSignal, ErrorReason, Interrupted } from '../errors.ts'

/** The exit codes of every command. The README explains them. */
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

const ofErrors: Readonly<Record<ErrorReason, number>> = {
  usage: exitCodes.usage,
  no_such_session: exitCodes.noSuchSession,
  not_ready: exitCodes.notReady,
  conflict: exitCodes.conflict,
  question_open: exitCodes.questionOpen,
  not_verified: exitCodes.notVerified,
  refused: exitCodes.buildFailed,
  failed: exitCodes.buildFailed,
}

const ofSignals: Readonly<Record<EndSignal, number>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  SIGHUP: exitCodes.hungUp,
}

/** The failure reasons of a build that have an exit code other than 1. */
const ofFailures: Readonly<Record<string, number>> = {
  verification: exitCodes.notVerified,
  login: exitCodes.agentCannotWork,
  credit: exitCodes.agentCannotWork,
  limit: exitCodes.agentCannotWork,
  overload: exitCodes.agentCannotWork,
  budget: exitCodes.agentCannotWork,
  timeout: exitCodes.timeout,
}

export const exitCodeOfError = (reason: ErrorReason): number => ofErrors[reason]

export const exitCodeOfSignal = ({ signal }: Interrupted): number => ofSignals[signal]

export const exitCodeOfFailure = (reason: string): number =>
  ofFailures[reason] ?? exitCodes.buildFailed

/** `signal` is the one that may have ended the watching. */
export function exitCodeOfResult(result: BuildResult, signal: AbortSignal): number {
  switch (result.endedBy) {
    case 'build':
      return result.state === 'deployed' ? exitCodes.ok : exitCodeOfFailure(result.reason ?? '')
    case 'question':
      return exitCodes.questionOpen
    case 'patience':
      return exitCodes.timeout
    case 'signal':
      return exitCodeOfSignal(signal.reason as Interrupted)
  }
}
