/** No usage limit lasts longer, so a later time means that the number is something else. */
const longestMs = 40 * 24 * 60 * 60 * 1000
/** Claude Code leaves out the seconds (2.1.330): a limit that ends at 3:30:45 "resets 3:30pm". */
const roundingMs = 60_000
/** A time of day that passed less than this ago means today and not tomorrow. */
const justPassedMs = 60 * 60 * 1000

const unitsMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/**
 * Reads when a usage limit ends from an agent's message: `…limit reached|1763823600` (seconds since the epoch),
 * `resets 3pm`, `resets at 15:30`, `resets 3:30pm (Europe/Berlin)`, `resets Nov 25, 3pm (UTC)` or `resets in 2
 * hours 30 minutes`. A time without a zone is in the machine's zone. Returns milliseconds since the epoch, or
 * `undefined` if the message does not say it or the time has passed.
 */
export function parseLimitReset(message: string, now: number): number | undefined {
  const at = parseEpoch(message) ?? parseSpan(message, now) ?? parseDate(message, now)
  return at !== undefined && at > now && at - now <= longestMs ? at : undefined
}

function parseEpoch(message: string): number | undefined {
  const match = /\|(\d{10})\b/.exec(message)
  return match ? Number(match[1]) * 1000 : undefined
}

function parseSpan(message: string, now: number): number | undefined {
  const span =
    /\bresets?(?: again)? in ((?:\d+ ?(?:days?|hours?|minutes?|seconds?|[dhms])\b[, ]*(?:and )?)+)/i.exec(
      message,
    )?.[1]
  if (span === undefined) return undefined
  let ms = 0
  for (const [, count, unit] of span.matchAll(/(\d+) ?([dhms])/gi))
    ms += Number(count) * unitsMs[unit?.toLowerCase() as keyof typeof unitsMs]
  return now + ms
}

const datePattern =
  /\bresets?(?: at| on)? (?:([A-Z][a-z]{2})[a-z]* (\d{1,2})(?:, (\d{4}))?(?:,| at) )?(\d{1,2})(?::(\d{2}))? ?(am|pm)?(?: ?\(([A-Za-z_+\-/0-9]+)\))?/i

function parseDate(message: string, now: number): number | undefined {
  const match = datePattern.exec(message)
  if (!match) return undefined
  const [, monthName, day, year, hourText, minute, half, zone] = match
  const hour = hourOf(Number(hourText), half?.toLowerCase())
  const month = monthName === undefined ? undefined : months.indexOf(monthName.toLowerCase())
  const minutes = Number(minute ?? 0)
  // A bare number is not a time of day, as in "resets 5 times".
  if (hour === undefined || minutes > 59 || month === -1 || !(half || minute)) return undefined
  const today = wallClock(now, zone)
  if (!today) return undefined
  const at = (dayOffset: number, inYear: number) =>
    instantOf(
      month === undefined
        ? Date.UTC(today.year, today.month, today.day + dayOffset, hour, minutes)
        : Date.UTC(inYear, month, Number(day), hour, minutes),
      zone,
    ) + roundingMs
  if (month !== undefined) {
    const named = at(0, Number(year ?? today.year))
    // A date without a year that is long past means next year, as a January does in December.
    return year === undefined && now - named > longestMs ? at(0, today.year + 1) : named
  }
  const first = at(0, today.year)
  return first > now || now - first < justPassedMs ? first : at(1, today.year)
}

function hourOf(hour: number, half: string | undefined): number | undefined {
  if (half === undefined) return hour < 24 ? hour : undefined
  if (hour < 1 || hour > 12) return undefined
  return (hour % 12) + (half === 'pm' ? 12 : 0)
}

interface WallClock {
  readonly year: number
  /** January is 0. */
  readonly month: number
  readonly day: number
  /** The same date and time, read as if it were in UTC. */
  readonly asUtc: number
}

/** The date and time that a clock in the zone shows; `undefined`: there is no such zone. */
function wallClock(at: number, zone: string | undefined): WallClock | undefined {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      ...(zone === undefined ? {} : { timeZone: zone }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch {
    return undefined
  }
  const parts = Object.fromEntries(
    format.formatToParts(at).map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second)
  return { year, month: month - 1, day, asUtc }
}

/** The moment at which a clock in the zone shows the reading. If the clock is set back, two moments match. */
function instantOf(reading: number, zone: string | undefined): number {
  let at = reading
  // The second round corrects the result if the zone's offset differs between the two moments.
  for (let round = 0; round < 2; round++) at += reading - (wallClock(at, zone)?.asUtc ?? reading)
  return at
}
