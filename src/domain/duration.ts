import { usageError } from '../errors.ts'

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/**
 * Parses `90s`, `30m`, `4h`, `1.5h`, `250ms`, `2d` or a bare number of seconds to milliseconds, and throws a usage
 * error for anything else.
 */
export function parseDuration(text: string, name: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  const ms = match ? Math.round(Number(match[1]) * unitsMs[(match[2] ?? 's') as 's']) : 0
  if (ms <= 0 || ms > 365 * unitsMs.d)
    throw usageError(
      `Not a duration for ${name}: ${JSON.stringify(text)}.`,
      'Give a positive number with a unit: 90s, 30m, 4h',
    )
  return ms
}
