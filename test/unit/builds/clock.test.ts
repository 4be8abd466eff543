import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startClock, startStopwatch } from '../../../src/builds/clock.ts'
import { createBuild, requireBuild } from '../../../src/store/builds.ts'
import { openStore } from '../../../src/store/database.ts'
import { ensureSession } from '../../../src/store/sessions.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

function openClock() {
  const store = openStore(join(temporaryFolder(), 'home', 'db'), { create: true })
  onTestFinished(() => store.close())
  ensureSession(store, 'abcd', { email: 'a@b.co', phone: '1234567', project: undefined })
  createBuild(store, {
    guid: 'abcd',
    command: 'register',
    requestHash: 'h',
    requestFile: 'f',
    requestBytes: 1,
    agent: 'demo',
    agentOptions: {},
    target: 'local',
    settings: {} as never,
    place: undefined,
  })
  const build = () => requireBuild(store, 'abcd', 1)
  const time = { ms: 5_000_000 }
  const start = () =>
    startClock(
      store,
      build(),
      startStopwatch(() => time.ms),
    )
  const clock = start()
  return {
    clock,
    start,
    build,
    pass: (ms: number, isCounting = true, on = clock) => {
      time.ms += ms
      return on.count(isCounting, isCounting)
    },
  }
}

it('counts what passes between two looks, and leaves out what is waited for', () => {
  const { pass } = openClock()
  expect(pass(500)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(40_000, false)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(500)).toEqual({ buildMs: 1000, attemptMs: 1000 })
})

it('a long gap between two looks was sleep', () => {
  const { pass } = openClock()
  pass(500)
  expect(pass(60_000)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(8 * 3_600_000)).toEqual({ buildMs: 500, attemptMs: 500 })
  expect(pass(59_999).buildMs).toBe(60_499)
})

it('an attempt counts from nothing, its build goes on', () => {
  const { clock, pass } = openClock()
  pass(3000)
  clock.startAttempt()
  expect(pass(2000)).toMatchObject({ buildMs: 5000, attemptMs: 2000 })
})

it('both sums survive the supervisor, and the time without one does not count', () => {
  const { clock, pass, build, start } = openClock()
  pass(3000)
  clock.startAttempt()
  pass(6000)
  expect(build()).toMatchObject({ clockMs: 9000, attemptClockMs: 6000 })
  pass(4000)
  const next = start()
  expect(pass(1000, true, next)).toEqual({ buildMs: 10_000, attemptMs: 7000 })
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
