const firstPauseMs = 250
const longestPauseMs = 15_000
/** What the last try gets at least, and so how far a verification may outlast its limit. */
export const shortestTryMs = 1_000

/**
 * How long to wait after that many failed tries: 0.25 s, doubling to 15 s. The last pause is cut so that a try still
 * fits before the limit; undefined when none does.
 */
export function findPauseMs(
  tries: number,
  remainingMs: number,
  timeoutMs: number,
): number | undefined {
  const reservedMs = Math.min(shortestTryMs, timeoutMs / 2)
  const roomMs = Math.floor(remainingMs - reservedMs)
  if (roomMs <= 0) return undefined
  return Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 10), longestPauseMs, roomMs)
}
