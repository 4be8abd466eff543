import { expect, it } from 'vitest'
import { decideRetry } from '../../../src/domain/retry.ts'

const pauseAfter = (attempt: number, retryDelayMs: number) => {
  const decision = decideRetry({ maxAttempts: 1_000, retryDelayMs }, attempt)
  return decision.do === 'retry' ? decision.pauseMs / 1000 : undefined
}

it('the pause doubles up to ten minutes', () => {
  const pauses = [1, 2, 3, 4, 8, 9, 100].map((attempt) => pauseAfter(attempt, 5_000))
  expect(pauses).toEqual([5, 10, 20, 40, 600, 600, 600])
  expect(pauseAfter(1, 60 * 60_000)).toBe(600)
})

it('after the last attempt the build ends', () => {
  const decide = (attempt: number) => decideRetry({ maxAttempts: 2, retryDelayMs: 1 }, attempt).do
  expect([1, 2, 3].map(decide)).toEqual(['retry', 'end', 'end'])
})
