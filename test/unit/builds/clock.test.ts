import { expect, it } from 'vitest'
import { clockOf, countOn, isWorthSaving, startStopwatch } from '../../../src/builds/clock.ts'

const recorded = { attempt: 1, clockMs: 0, attemptClockMs: 0 }

function openClock(record = recorded) {
  const time = { ms: 5_000_000 }
  const stopwatch = startStopwatch(() => time.ms)
  let clock = clockOf(record, stopwatch())
  return {
    clock: () => clock,
    pass(ms: number, isCounting = true, attempt = clock.attempt, isAttemptCounting = isCounting) {
      time.ms += ms
      const counts = { build: isCounting, attempt: isAttemptCounting }
      clock = countOn(clock, attempt, stopwatch(), counts)
      return { buildMs: clock.buildMs, attemptMs: clock.attemptMs }
    },
  }
}

it('counts what passes between two looks, and leaves out what is waited for', () => {
  const { pass } = openClock()
  expect(pass(500)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(40_000, false)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(500)).toEqual({ buildMs: 1000, attemptMs: 1000 })
  expect(pass(700, true, 1, false)).toEqual({ buildMs: 1700, attemptMs: 1000 })
})

it('a long gap between two looks was sleep', () => {
  const { pass } = openClock()
  pass(500)
  expect(pass(60_000)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(8 * 3_600_000)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(59_999).buildMs).toBe(60_499)
})

it('an attempt counts from nothing, its build goes on', () => {
  const { pass } = openClock()
  pass(3000)
  expect(pass(2000, true, 2)).toEqual({ buildMs: 5000, attemptMs: 2000 })
  expect(pass(1000, true, 2)).toEqual({ buildMs: 6000, attemptMs: 3000 })
})

it('goes on from the record, and the time without a supervisor does not count', () => {
  const { pass } = openClock({ attempt: 2, clockMs: 9000, attemptClockMs: 6000 })
  expect(pass(1000)).toEqual({ buildMs: 10_000, attemptMs: 7000 })
})

it('is worth saving as soon as it is five seconds ahead of the record', () => {
  const { clock, pass } = openClock()
  pass(4999)
  expect(isWorthSaving(clock(), recorded)).toBe(false)
  pass(1)
  expect(isWorthSaving(clock(), recorded)).toBe(true)
  expect(isWorthSaving(clock(), { clockMs: 5000 })).toBe(false)
})

it('the stopwatch counts what was looked at, and leaves out gaps in which the machine slept', () => {
  let now = 1_000_000
  const stopwatch = startStopwatch(() => now)
  const look = (ms: number) => {
    now += ms
    return stopwatch()
  }
  expect([look(500), look(20_000), look(8 * 3_600_000), look(500)]).toEqual([
    500, 20_500, 20_500, 21_000,
  ])
})
