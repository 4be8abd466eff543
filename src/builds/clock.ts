import { type Build, updateBuild } from '../store/builds.ts'
import type { Store } from '../store/database.ts'

const saveEveryMs = 5_000
/** More than this between two looks was sleep (a closed lid, a stopped process), not supervision. */
const longestLookMs = 60_000

/**
 * Milliseconds that this process was there to look: monotonic, so that a time of day that is set forwards or back
 * changes nothing, and without the gaps in which the machine slept.
 */
export function startStopwatch(elapsed: () => number): () => number {
  let last = elapsed()
  let lookedMs = 0
  return () => {
    const now = elapsed()
    if (now - last < longestLookMs) lookedMs += now - last
    last = now
    return lookedMs
  }
}

/**
 * Counts a build's time and its attempt's: only while a supervisor is present and nothing is waited for that is not
 * the agent's.
 */
export interface Clock {
  /** Counts what passed since the last call (or leaves it out) and saves it now and then. Milliseconds. */
  count(
    isCounting: boolean,
    isAttemptCounting: boolean,
  ): Promise<{ readonly buildMs: number; readonly attemptMs: number }>
  startAttempt(): Promise<void>
}

export function startClock(store: Store, build: Build, stopwatch: () => number): Clock {
  let last = stopwatch()
  let buildMs = build.clockMs
  let attemptMs = build.attemptClockMs
  let savedMs = buildMs
  const save = async () => {
    savedMs = buildMs
    const change = { clockMs: Math.round(buildMs), attemptClockMs: Math.round(attemptMs) }
    await store.transact((tx) => updateBuild(tx, build, change))
  }
  return {
    async count(isCounting, isAttemptCounting) {
      const now = stopwatch()
      const passedMs = now - last
      last = now
      if (isCounting) buildMs += passedMs
      if (isAttemptCounting) attemptMs += passedMs
      if (buildMs - savedMs >= saveEveryMs) await save()
      return { buildMs, attemptMs }
    },
    async startAttempt() {
      attemptMs = 0
      await save()
    },
  }
}
