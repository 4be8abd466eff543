import { expect, it } from 'vitest'
import { initialReport, isReportOf, parseReport } from '../../../src/domain/report.ts'

const report = { status: 'planning', phase: 1, progress: 10, message: 'thinking' }
const textOf = (change: object) => JSON.stringify({ ...report, ...change })

it.each([
  ['the least', {}],
  [
    'every optional field',
    {
      deployment_url: 'https://x.cloudfront.net',
      estimated_completion: '2026-01-01T00:00:00Z',
      files_created: ['a', 'b'],
      completed_at: '2026-01-01T00:00:00Z',
      cost_estimate_monthly: 12.5,
      reason: 'r',
      error: { code: 1 },
      build: 2,
      attempt: 3,
    },
  ],
  [
    'nulls for what is not there',
    { deployment_url: null, error: null, files_created: null, build: null },
  ],
  ['a count of files', { files_created: 7 }],
  ['fields of its own', { mood: 'good', nested: { a: [1] } }],
  ['progress with a fraction', { progress: 99.9 }],
  ['the bounds', { phase: 4, progress: 100 }],
])('takes %s, and keeps it', (_name, change) => {
  expect(parseReport(textOf(change))).toEqual({ ok: true, report: { ...report, ...change } })
})

it.each([
  ['empty', '', 'empty'],
  ['white space', ' \n\t', 'empty'],
  ['half', textOf({}).slice(0, 20), 'not JSON'],
  ['two in a row', textOf({}) + textOf({}), 'not JSON'],
  ['binary', '\u0000\u0001\ufffd', 'not JSON'],
  ['a trailing comma', '{"status":"planning",}', 'not JSON'],
  ['null', 'null', ''],
  ['a list', '[]', ''],
  ['a text', '"deployed"', ''],
  ['a number', '1', ''],
  ['an empty object', '{}', 'status'],
  ['an unknown status', textOf({ status: 'done' }), 'status'],
  ['a status of another case', textOf({ status: 'Deployed' }), 'status'],
  ['a status list', textOf({ status: ['deployed'] }), 'status'],
  ['no message', JSON.stringify({ ...report, message: undefined }), 'message'],
  ['a message that is a number', textOf({ message: 1 }), 'message'],
  ['a phase as text', textOf({ phase: '1' }), 'phase'],
  ['phase 5', textOf({ phase: 5 }), 'phase'],
  ['phase 1.5', textOf({ phase: 1.5 }), 'phase'],
  ['phase -1', textOf({ phase: -1 }), 'phase'],
  ['progress 101', textOf({ progress: 101 }), 'progress'],
  ['progress -1', textOf({ progress: -1 }), 'progress'],
  ['a huge progress', '{"status":"planning","phase":1,"progress":1e400,"message":""}', 'progress'],
  ['an address that is a list', textOf({ deployment_url: ['x'] }), 'deployment_url'],
  ['a negative cost', textOf({ cost_estimate_monthly: -1 }), 'cost_estimate_monthly'],
  ['a cost as text', textOf({ cost_estimate_monthly: '140' }), 'cost_estimate_monthly'],
  [
    'an endless cost',
    '{"status":"planning","phase":1,"progress":1,"message":"","cost_estimate_monthly":1e999}',
    'cost_estimate_monthly',
  ],
  ['a build as text', textOf({ build: '1' }), 'build'],
  ['deep nesting', '['.repeat(200_000), ''],
  ['a prototype', '{"__proto__":{"status":"deployed"}}', 'status'],
])('calls %s invalid, with the reason', (_name, text, problem) => {
  const parsed = parseReport(text)
  expect(parsed).toMatchObject({ ok: false, problem: expect.stringContaining(problem) })
  expect(parsed.ok === false && parsed.problem.length).toBeLessThan(300)
})

it('a deep but whole value is kept or refused, never an exception', () => {
  const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`
  expect(parseReport(textOf({}).replace('}', `,"deep":${deep}}`))).toHaveProperty('ok')
})

it.each([
  [{}, true],
  [{ build: 2, attempt: 1 }, true],
  [{ build: 2 }, true],
  [{ attempt: 1 }, true],
  [{ build: null, attempt: null }, true],
  [{ build: 1, attempt: 1 }, false],
  [{ build: 2, attempt: 2 }, false],
  [{ build: 3 }, false],
  [{ attempt: 0 }, false],
])('a report with %j is of build 2, attempt 1: %s', (change, expected) => {
  expect(isReportOf({ ...report, ...change } as never, 2, 1)).toBe(expected)
})

it('the report that we write is one that we read', () => {
  expect(parseReport(JSON.stringify(initialReport(3, 2)))).toMatchObject({
    ok: true,
    report: { status: 'initializing', build: 3, attempt: 2 },
  })
})
