import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { describeQuestion } from '../../../src/cli/ask.ts'
import type { Context } from '../../../src/cli/context.ts'
import { printError, printResult } from '../../../src/cli/result.ts'
import { showStatus } from '../../../src/cli/show-status.ts'
import type { SessionView } from '../../../src/domain/session-view.ts'
import { redacted } from '../../../src/secrets/redact.ts'
import { alnum } from '../secrets/secrets.ts'

const token = `${'gh'}p_${alnum(36)}`

function streams() {
  const stdout = new PassThrough({ encoding: 'utf8' })
  const stderr = new PassThrough({ encoding: 'utf8' })
  const said = () => String(stdout.read() ?? '') + String(stderr.read() ?? '')
  return { context: { stdout, stderr } as unknown as Context, said }
}

test.each([true, false])('an error that quotes a secret (--json: %s)', (json) => {
  const { context, said } = streams()
  const told = { message: `git push ${token} failed`, hint: `Not with ${token}` }
  printError(context, { code: 'not_ready', exitCode: 5, ...told }, json)
  const text = said()
  expect(text).not.toContain(token)
  expect(text.split(redacted)).toHaveLength(3)
})

test('a warning that quotes a secret is redacted; the URL is not changed', () => {
  const { context, said } = streams()
  const url = `https://example.com/?access_token=${alnum(20)}`
  const result = {
    type: 'result',
    guid: '',
    build: 1,
    state: 'deployed',
    url,
    verified: true,
  } as const
  const warnings = [`seen ${token}`]
  printResult(context, { ...result, reason: null, proof: null, warnings, endedBy: 'build' }, 0, {
    json: false,
    detached: false,
  })
  expect(said()).toBe(`${url}\nwarning: seen ${redacted}\n`)
})

test('a question that quotes a secret is redacted in all of its parts', () => {
  const text = describeQuestion({
    id: 'q1',
    question: `Use ${token}?`,
    reason: 'other',
    options: [token],
    default: token,
    cost_estimate_monthly: undefined,
  })
  expect(text).toBe(`Question q1: Use ${redacted}?\n  1. ${redacted}\n  default: ${redacted}`)
})

test('a secret in the agent’s message is redacted in a status; the request is not changed', () => {
  const { context, said } = streams()
  const url = `https://example.com/?access_token=${alnum(20)}`
  const question = { id: 'q1', question: `Use ${token}?` }
  const view = {
    ...{
      guid: 'abcd',
      state: 'awaiting_approval',
      message: `Using ${token}`,
      url,
      target: 'local',
    },
    ...{
      request: `Show ${token}`,
      questions: [{ ...question, options: [] }],
      alive: {},
      updated_at: '',
      progress: 0,
    },
    ...{
      build: 1,
      attempt: 1,
      reason: null,
      project: null,
      expires_at: null,
      destroy_at: null,
      folder: '/x',
    },
  } as unknown as SessionView
  showStatus(context, view, false)
  const lines = said().split('\n')
  expect(lines.filter((line) => line.includes(token))).toEqual([`request    Show ${token}`])
  expect(lines).toContain(`message    Using ${redacted}`)
  expect(lines).toContain(`Question q1: Use ${redacted}?`)
})
