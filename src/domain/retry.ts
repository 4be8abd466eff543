import type { BuildSettings } from './build-settings.ts'

export const longestRetryPauseMs = 10 * 60_000

/** Decides what follows an attempt that failed: the next one after a pause, or the end of the build. */
export function decideRetry(
  settings: Pick<BuildSettings, 'maxAttempts' | 'retryDelayMs'>,
  failedAttempt: number,
): { readonly do: 'retry'; readonly pauseMs: number } | { readonly do: 'end' } {
  if (failedAttempt >= settings.maxAttempts) return { do: 'end' }
  // The pause doubles each time.
  const pauseMs = Math.min(settings.retryDelayMs * 2 ** (failedAttempt - 1), longestRetryPauseMs)
  return { do: 'retry', pauseMs }
}
