import { describe, expect, it } from 'vitest'
import { parseLimitReset } from '../../../../src/agents/claude/usage-limit.ts'

const now = Date.parse('2026-11-22T22:10:30Z')
const parse = (message: string, at = now) => {
  const reset = parseLimitReset(message, at)
  return reset === undefined ? undefined : new Date(reset).toISOString()
}

// What Claude Code leaves out of a time are its seconds: each is a minute later than it says.
it.each([
  ['Claude AI usage limit reached|1795402800', '2026-11-23T03:00:00.000Z'],
  ['API Error: Request rejected (429) · limit reached|1795402800.', '2026-11-23T03:00:00.000Z'],
  ["You've hit your 5-hour limit · resets 1:55am (UTC)", '2026-11-23T01:56:00.000Z'],
  ["You've hit your session limit · resets 11pm (UTC)", '2026-11-22T23:01:00.000Z'],
  ['resets 12am (UTC)', '2026-11-23T00:01:00.000Z'],
  ['resets 12pm (UTC)', '2026-11-23T12:01:00.000Z'],
  ['It resets at 23:30 (UTC).', '2026-11-22T23:31:00.000Z'],
  ['resets 0:05 (UTC)', '2026-11-23T00:06:00.000Z'],
  ['resets 3am (Europe/Berlin)', '2026-11-23T02:01:00.000Z'],
  ['resets 8:30pm (America/New_York)', '2026-11-23T01:31:00.000Z'],
  ['resets 4am (Asia/Kolkata)', '2026-11-22T22:31:00.000Z'],
  ["You've hit your weekly limit · resets Nov 25, 3pm (UTC)", '2026-11-25T15:01:00.000Z'],
  ['resets Nov 25 at 3:15pm (UTC)', '2026-11-25T15:16:00.000Z'],
  ['resets Dec 1, 2026, 3pm (UTC)', '2026-12-01T15:01:00.000Z'],
  ['It resets in 5 hours.', '2026-11-23T03:10:30.000Z'],
  ['resets in 2h 30m', '2026-11-23T00:40:30.000Z'],
  ['It resets in 1 day, 1 hour and 5 minutes', '2026-11-23T23:15:30.000Z'],
  ['resets in 90 seconds', '2026-11-22T22:12:00.000Z'],
])('%s', (message, reset) => {
  expect(parse(message)).toBe(reset)
})

it.each([
  '',
  'API Error: Request rejected (429) · This request would exceed your rate limit',
  'usage limit reached|1795300000',
  'usage limit reached|99999999999',
  'usage limit reached|1999999999',
  'resets soon',
  'resets 5 times',
  'resets 25:00',
  'resets 13pm',
  'resets 0am (UTC)',
  'resets 10:75 (UTC)',
  'resets 3pm (Mars/Olympus)',
  'resets Foo 25, 3pm (UTC)',
  'resets Nov 20, 3pm (UTC)',
  'resets in a while',
])('no time to wait for: %s', (message) => {
  expect(parse(message)).toBeUndefined()
})

describe('a time of day', () => {
  it('that has just passed has come: it is not tomorrow’s', () => {
    const message = 'resets 10:10pm (UTC)'
    expect(parse(message)).toBe('2026-11-22T22:11:00.000Z')
    expect(parse(message, now + 60_000)).toBeUndefined()
    expect(parse(message, now + 30 * 60_000)).toBeUndefined()
    expect(parse('resets 9am (UTC)')).toBe('2026-11-23T09:01:00.000Z')
  })

  it('without a zone is the machine’s', () => {
    const at = new Date(now)
    at.setHours(at.getHours() + 2, 0, 0, 0)
    const half = at.getHours() < 12 ? 'am' : 'pm'
    const message = `resets ${at.getHours() % 12 || 12}${half}`
    expect(parse(message)).toBe(new Date(at.getTime() + 60_000).toISOString())
  })

  it('counts right over a night in which the clock changes', () => {
    // Berlin sets its clock back at 3:00 on 25 October 2026, and forward at 2:00 on 28 March 2027.
    expect(parse('resets 9am (Europe/Berlin)', Date.parse('2026-10-24T20:00:00Z'))).toBe(
      '2026-10-25T08:01:00.000Z',
    )
    expect(parse('resets 9am (Europe/Berlin)', Date.parse('2027-03-27T20:00:00Z'))).toBe(
      '2027-03-28T07:01:00.000Z',
    )
  })

  it('at the turn of the year', () => {
    const eve = Date.parse('2026-12-31T22:00:00Z')
    expect(parse('resets 3am (UTC)', eve)).toBe('2027-01-01T03:01:00.000Z')
    expect(parse('resets Jan 2, 3am (UTC)', eve)).toBe('2027-01-02T03:01:00.000Z')
  })
})
