import { describe, expect, it } from 'vitest'
import { noActivity } from '../../../src/agents/activity.ts'
import { factsOf } from '../../../src/builds/facts.ts'
import {
  beginMemory,
  type Memory,
  remember,
  withOldFailure,
  withProofAskedAt,
  withTimePassed,
} from '../../../src/builds/memory.ts'
import type { Snapshot } from '../../../src/builds/observe.ts'
import type { Build } from '../../../src/store/builds.ts'
import { asked, build, deepFreeze, delivery, line, look, noon, question, settings } from './look.ts'

const memoryAfter = (...looks: readonly Snapshot[]): Memory =>
  looks.reduce(remember, beginMemory(build, 0))
const failure = { kind: 'other', name: 'x', message: '', until: undefined } as const
const ready = { ...noActivity, isReady: true }
const paused = (untilMs: number, change: Partial<Build> = {}): Build => ({
  ...build,
  waitUntil: new Date(noon + untilMs).toISOString(),
  ...change,
})

/** Looks that touch everything that is remembered. */
const looks: readonly (readonly [string, Snapshot])[] = [
  ['a quiet one', look({ lookedMs: 500 })],
  ['one before the first attempt', look({ build: { ...build, attempt: 0 }, deliveries: [] })],
  ['a prompt under way', look({ deliveries: [delivery('sent')], lookedMs: 700 })],
  ['a line under way', look({ deliveries: [delivery('confirmed'), line('sent')] })],
  ['a bad report', look({ report: { kind: 'invalid', problem: 'no JSON' }, lookedMs: 900 })],
  ['a pause', look({ build: paused(60_000), lookedMs: 900 })],
  ['open questions', look({ questions: [question()], asked: [asked], lookedMs: 900 })],
  ['an approval without a question', look({ build: { ...build, state: 'awaiting_approval' } })],
  ['a failed turn', look({ activity: { ...ready, failure } })],
]

describe('pure: the same look gives the same, and nothing that is given is changed', () => {
  const before = memoryAfter(
    look({ deliveries: [delivery('sent')], questions: [question({ key: 'q0#0' })] }),
  )

  it.each(looks)('remember, %s', (_name, seen) => {
    const frozen = deepFreeze(structuredClone({ before, seen }))
    const first = remember(frozen.before, frozen.seen)
    expect(remember(frozen.before, frozen.seen)).toEqual(first)
    expect(remember(before, seen)).toEqual(first)
    expect(frozen).toEqual({ before, seen })
  })

  it.each(looks)('factsOf, %s', (_name, seen) => {
    const memory = remember(before, seen)
    const frozen = deepFreeze(structuredClone({ seen, memory }))
    const first = factsOf(frozen.seen, frozen.memory)
    expect(factsOf(frozen.seen, frozen.memory)).toEqual(first)
    expect(factsOf(seen, memory)).toEqual(first)
    expect(frozen).toEqual({ seen, memory })
  })

  it('what was done between two looks', () => {
    const frozen = deepFreeze(structuredClone(before))
    expect(withOldFailure(frozen, failure)).toEqual({ ...before, oldFailure: failure })
    expect(withProofAskedAt(frozen, 9).underWay).toEqual({ ...before.underWay, askedAt: 9 })
    expect(withTimePassed(frozen, 300).clock).toMatchObject({ buildMs: 300, attemptMs: 300 })
  })
})

describe('what is under way', () => {
  const sent = [delivery('sent')]

  it('was sent at the look that first sees it, and its agent is ready from then on', () => {
    const memory = memoryAfter(
      look({ deliveries: sent, activity: noActivity, lookedMs: 100 }),
      look({ deliveries: sent, activity: noActivity, lookedMs: 200 }),
      look({ deliveries: sent, activity: ready, lookedMs: 300 }),
      look({ deliveries: sent, activity: ready, lookedMs: 400 }),
    )
    expect(memory.underWay).toEqual({ id: 'abcd-1-1-1', sentAt: 100, readyAt: 300, askedAt: 100 })
  })

  it.each([
    ['it was taken', [delivery('confirmed')]],
    ['it is to be sent again', [delivery('planned')]],
  ])('is forgotten when %s', (_name, deliveries) => {
    expect(memoryAfter(look({ deliveries: sent }), look({ deliveries })).underWay).toBeUndefined()
  })

  it('is another one when the next line is sent', () => {
    const first = look({ deliveries: sent, lookedMs: 100 })
    const next = look({ deliveries: [delivery('confirmed'), line('sent')], lookedMs: 900 })
    expect(memoryAfter(first, next).underWay).toMatchObject({ id: 'abcd-1-1-l1', sentAt: 900 })
  })
})

describe('the clock', () => {
  it.each([
    ['an agent at work', {}, 500, 500],
    ['an open question', { questions: [question()] }, 0, 0],
    ['a pause', { build: paused(60_000) }, 500, 0],
  ])('with %s', (_name, change, buildMs, attemptMs) => {
    expect(memoryAfter(look({ ...change, lookedMs: 500 })).clock).toMatchObject({
      buildMs,
      attemptMs,
    })
  })

  it('of an attempt begins anew with it', () => {
    const second = { ...build, attempt: 2 }
    const { clock } = memoryAfter(look({ lookedMs: 500 }), look({ build: second, lookedMs: 700 }))
    expect(clock).toMatchObject({ buildMs: 700, attemptMs: 200 })
  })
})

describe('a pause', () => {
  it('ends for a clock that was set back when it has lasted as long as it was to last', () => {
    const seen = (lookedMs: number, now: number) =>
      look({ build: paused(60_000), lookedMs, now: noon + now })
    const isPausing = (...all: readonly Snapshot[]) =>
      factsOf(all.at(-1) as Snapshot, memoryAfter(...all)).isPausing
    expect(isPausing(seen(0, 0), seen(59_999, -3_600_000))).toBe(true)
    expect(isPausing(seen(0, 0), seen(60_000, -3_600_000))).toBe(false)
    expect(isPausing(seen(0, 0), seen(500, 60_000))).toBe(false)
  })

  it.each([
    ['retrying', 600_000],
    ['implementing', settings.limitWaitMs],
  ] as const)('lasts no longer than one may, %s', (state, longestMs) => {
    const seen = look({ build: paused(999_999_999, { state }), lookedMs: 100 })
    expect(memoryAfter(seen).pause?.endsAt).toBe(100 + longestMs)
  })
})

describe('an open question', () => {
  const seen = (lookedMs: number, now: number, questions = [question()]) =>
    look({ questions, lookedMs, now: noon + now })

  it('ages by the stopwatch from when it was first seen', () => {
    const { openQuestions } = memoryAfter(seen(100, 5_000), seen(200, 90_000))
    expect(openQuestions).toEqual({ 'q1#0': { ageMs: 5_000, at: 100 } })
  })

  it('has its whole time again when it is asked again', () => {
    const { openQuestions } = memoryAfter(seen(100, 0), seen(200, 0, []), seen(300, 0))
    expect(openQuestions).toEqual({ 'q1#0': { ageMs: 0, at: 300 } })
  })

  it('is not older than nothing for a clock that was set back', () => {
    expect(memoryAfter(seen(0, -90_000)).openQuestions['q1#0']?.ageMs).toBe(0)
  })
})

describe('a status.json that is bad', () => {
  const bad = (problem: string, lookedMs: number) =>
    look({ report: { kind: 'invalid', problem }, lookedMs })

  it('is doubted since it was first bad in that way', () => {
    expect(memoryAfter(bad('a', 100), bad('a', 200)).doubtfulReport).toEqual({
      problem: 'a',
      since: 100,
    })
    expect(memoryAfter(bad('a', 100), bad('b', 200)).doubtfulReport).toEqual({
      problem: 'b',
      since: 200,
    })
    expect(memoryAfter(bad('a', 100), look({ lookedMs: 200 })).doubtfulReport).toBeUndefined()
  })
})
