import { expect, it } from 'vitest'
import { retryPauseMs } from '../../../src/domain/retry-pause.ts'

it('doubles with each attempt that failed, up to ten minutes', () => {
  const pauses = [1, 2, 3, 4, 8, 9, 100].map((attempt) => retryPauseMs(5_000, attempt) / 1000)
  expect(pauses).toEqual([5, 10, 20, 40, 600, 600, 600])
  expect(retryPauseMs(60 * 60_000, 1)).toBe(600_000)
})
