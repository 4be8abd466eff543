/** More than a day is no usage limit that anybody waits for: the number means something else. */
const longestMs = 24 * 60 * 60 * 1000

/**
 * When a usage limit is lifted, as Claude Code words it: `…limit reached|1763823600` (seconds since the epoch) or
 * `… resets 3pm`, `resets at 15:30` (of the machine's clock). Milliseconds since the epoch; `undefined`: it does not say.
 */
export function parseLimitReset(message: string, now: number): number | undefined {
  const epoch = /\|(\d{10})\b/.exec(message)
  const at = epoch ? Number(epoch[1]) * 1000 : parseTimeOfDay(message, now)
  return at !== undefined && at > now && at - now <= longestMs ? at : undefined
}

function parseTimeOfDay(message: string, now: number): number | undefined {
  const match = /\bresets?(?: at)? (\d{1,2})(?::(\d{2}))?\s*(am|pm)?/i.exec(message)
  if (!match) return undefined
  const half = match[3]?.toLowerCase()
  const hour = (Number(match[1]) % (half ? 12 : 24)) + (half === 'pm' ? 12 : 0)
  const date = new Date(now)
  date.setHours(hour, Number(match[2] ?? 0), 0, 0)
  if (date.getTime() <= now) date.setDate(date.getDate() + 1)
  return date.getTime()
}
