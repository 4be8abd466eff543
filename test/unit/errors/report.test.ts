import { expect, test } from 'vitest'
import { parseReport } from '../../../src/domain/report.ts'

const good = (fields: string) =>
  `{"status":"planning","phase":1,"progress":3,"message":"m",${fields}}`

test.each([
  ['Infinity', good('"x":1e999')],
  ['-0', '{"status":"planning","phase":1,"progress":-0,"message":"m"}'],
  ['an own __proto__', good('"a":{"__proto__":{"b":-0}}')],
])('a report with %s is read as it comes back from the records', (_, text) => {
  const parsed = parseReport(text)
  if (!parsed.ok) throw new Error(parsed.problem)
  expect(JSON.parse(JSON.stringify(parsed.report))).toStrictEqual(parsed.report)
})

test('nesting is bounded, in time that does not depend on how hostile the text is', () => {
  const nested = (depth: number) =>
    parseReport(good(`"x":${'['.repeat(depth)}${']'.repeat(depth)}`))
  expect(nested(50).ok).toBe(true)
  expect(nested(500_000)).toEqual({ ok: false, problem: 'nested too deeply' })
  // Brackets in a text are none.
  expect(parseReport(good(`"x":"${'[{\\"'.repeat(1_000)}"`)).ok).toBe(true)
  const start = performance.now()
  for (const text of ['"\\'.repeat(500_000), '"'.repeat(1_000_000), '\\'.repeat(1_000_000)])
    expect(parseReport(text).ok).toBe(false)
  expect(performance.now() - start).toBeLessThan(2_000)
})

test('a problem quotes a bounded part of what it found', () => {
  const parsed = parseReport(
    `{"status":"${'y'.repeat(900_000)}","phase":1,"progress":3,"message":"m"}`,
  )
  expect(parsed.ok ? '' : parsed.problem).toMatch(/^status: .{1,310}$/s)
})
