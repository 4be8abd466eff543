export const longestRetryPauseMs = 10 * 60_000

/** Returns the pause after an attempt that failed; it doubles each time. */
export function retryPauseMs(retryDelayMs: number, failedAttempt: number): number {
  return Math.min(retryDelayMs * 2 ** (failedAttempt - 1), longestRetryPauseMs)
}
