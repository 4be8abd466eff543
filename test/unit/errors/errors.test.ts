import { expect, test } from 'vitest'
import { exitCodeOfError, exitCodeOfSignal } from '../../../src/cli/exit-codes.ts'
import { conflict, Interrupted, noSuchSession, notReady, usageError } from '../../../src/errors.ts'

test.each([
  ['usageError', usageError, 'usage', 2],
  ['noSuchSession', noSuchSession, 'no_such_session', 4],
  ['notReady', notReady, 'not_ready', 5],
  ['conflict', conflict, 'conflict', 6],
] as const)('%s has its reason, and that the contract’s exit code', (_, make, reason, exitCode) => {
  const error = make('What happened.', 'What to do')
  expect(error).toMatchObject({ reason, message: 'What happened.', hint: 'What to do' })
  expect(exitCodeOfError(error.reason)).toBe(exitCode)
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends with %i', (signal, exitCode) => {
  expect(exitCodeOfSignal(new Interrupted(signal))).toBe(exitCode)
})
