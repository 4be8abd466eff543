import { expect, test } from 'vitest'
import { conflict, Interrupted, noSuchSession, notReady, usageError } from '../../../src/errors.ts'

test.each([
  ['usageError', usageError, 'usage', 2],
  ['noSuchSession', noSuchSession, 'no_such_session', 4],
  ['notReady', notReady, 'not_ready', 5],
  ['conflict', conflict, 'conflict', 6],
] as const)('%s has the contract’s exit code', (_, make, code, exitCode) => {
  expect(make('What happened.', 'What to do')).toMatchObject({
    code,
    exitCode,
    message: 'What happened.',
    hint: 'What to do',
  })
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s ends with %i', (signal, exitCode) => {
  expect(new Interrupted(signal).exitCode).toBe(exitCode)
})
