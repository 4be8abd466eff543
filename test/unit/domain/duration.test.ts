import { expect, it } from 'vitest'
import { parseDuration } from '../../../src/domain/duration.ts'

it.each([
  ['90', 90_000],
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['4h', 14_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['2d', 172_800_000],
  [' 5m ', 300_000],
  ['365d', 31_536_000_000],
  ['0.001', 1],
])('%j is %i ms', (text, expected) => {
  expect(parseDuration(text, '--timeout')).toBe(expected)
})

it.each([
  '',
  '0',
  '0s',
  '-1s',
  '1 h',
  '1H',
  'h',
  '1h30m',
  '1e3',
  'Infinity',
  'NaN',
  '0.0001s',
  '366d',
  '1w',
  '+5s',
  '0x10',
  '٣s',
  '.5h',
])('refuses %j, naming the option', (text) => {
  expect(() => parseDuration(text, '--timeout')).toThrow(
    expect.objectContaining({ reason: 'usage', message: expect.stringContaining('--timeout') }),
  )
})
