import { describe, expect, it } from 'vitest'
import { followSigns, judgeSilence, notStill } from '../../../src/builds/silence.ts'

const stallMs = 15 * 60_000
const minute = 60_000
const busy = { isReady: true, isBusy: true, isWaiting: false }
const idle = { isReady: true, isBusy: false, isWaiting: false }
const waiting = { isReady: true, isBusy: false, isWaiting: true }

function watch() {
  let stillness = notStill
  let signs = { work: 'w', pane: 'p' }
  return {
    /** What was seen last, when the agent is excused at that moment. */
    restart(atMs: number) {
      stillness = followSigns(stillness, signs, atMs, true)
    },
    look(atMs: number, work = 'w', pane = 'p', activity = busy, stallTimeoutMs = stallMs) {
      signs = { work, pane }
      stillness = followSigns(stillness, signs, atMs, false)
      return judgeSilence(stillness, atMs, activity, stallTimeoutMs).silence
    },
  }
}

it('stalled: neither its work nor its pane changed for the stall time', () => {
  const { look } = watch()
  expect(look(0)).toBeUndefined()
  expect(look(stallMs - 1)).toBeUndefined()
  expect(look(stallMs)).toBe('stalled')
  expect(look(stallMs + 1, 'w2')).toBeUndefined()
  expect(look(2 * stallMs + 1, 'w2')).toBe('stalled')
})

it('a pane that moves is a sign of life: retries against an API, three minutes without a hook', () => {
  const { look } = watch()
  for (let at = 0; at <= 3 * minute; at += 1000)
    expect(look(at, 'w', `Retrying in ${at}`, busy, 5000)).toBeUndefined()
})

it('… but not for ever: a spinner turns over an API that never answers', () => {
  const { look } = watch()
  for (let at = 0; at < 30 * minute; at += 1000) expect(look(at, 'w', `${at}`)).toBeUndefined()
  expect(look(30 * minute, 'w', 'more')).toBe('stalled')
})

it('… for as long as the stall time where that is longer', () => {
  const { look } = watch()
  for (let at = 0; at < 60 * minute; at += 1000)
    expect(look(at, 'w', `${at}`, busy, 60 * minute)).toBeUndefined()
  expect(look(60 * minute, 'w', 'more', busy, 60 * minute)).toBe('stalled')
})

describe('a turn that ended', () => {
  it('is idle after a grace, whatever its pane does', () => {
    const { look } = watch()
    expect(look(0, 'w', 'a', idle)).toBeUndefined()
    expect(look(9_999, 'w', 'b', idle)).toBeUndefined()
    expect(look(10_000, 'w', 'c', idle)).toBe('idle')
  })

  it('is idle, not stalled, where the stall time is shorter than the grace', () => {
    const { look } = watch()
    look(0, 'w', 'p', idle, 1000)
    expect(look(1000, 'w', 'p', idle, 1000)).toBe('idle')
  })

  it('is not idle while work of its own goes on, and stalls like any other', () => {
    const { look } = watch()
    look(0, 'w', 'p', waiting)
    expect(look(stallMs - 1, 'w', 'p', waiting)).toBeUndefined()
    expect(look(stallMs, 'w', 'p', waiting)).toBe('stalled')
  })

  it('is not judged before its program is ready', () => {
    const { look } = watch()
    look(0, '', '', { ...idle, isReady: false })
    expect(look(stallMs - 1, '', '', { ...idle, isReady: false })).toBeUndefined()
  })
})

it('has its time again when it was told something', () => {
  const { look, restart } = watch()
  look(0)
  expect(look(stallMs)).toBe('stalled')
  restart(stallMs)
  expect(look(2 * stallMs - 1)).toBeUndefined()
  expect(look(2 * stallMs)).toBe('stalled')
})

it('… also where its turn ended, which goes by its work alone', () => {
  const { look, restart } = watch()
  look(0, 'w', 'p', idle)
  restart(10_000)
  expect(look(19_999, 'w', 'p', idle)).toBeUndefined()
  expect(look(20_000, 'w', 'p', idle)).toBe('idle')
})
