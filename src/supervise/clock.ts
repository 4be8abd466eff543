import { performance } from 'node:perf_hooks'
import { type Build, updateBuild } from '../store/builds.ts'
import type { Store } from '../store/open.ts'

const saveEveryMs = 5_000
/** More than this between two looks was sleep (a closed lid, a stopped process), not supervision. */
const longestLookMs = 60_000

/**
 * Counts a build's time and its attempt's: only while a supervisor is present and nothing is waited for that is not
 * the agent's. Monotonic: a clock that jumps changes nothing.
 */
export interface Clock {
  /** Counts what passed since the last call (or leaves it out) and saves it now and then. Milliseconds. */
  count(isCounting: boolean): { readonly buildMs: number; readonly attemptMs: number }
  startAttempt(): void
}

export function startClock(store: Store, build: Build): Clock {
  let last = performance.now()
  let buildMs = build.clockMs
  let attemptMs = build.attemptClockMs
  let savedMs = buildMs
  const save = () => {
    savedMs = buildMs
    updateBuild(store, build.guid, build.build, {
      clockMs: Math.round(buildMs),
      attemptClockMs: Math.round(attemptMs),
    })
  }
  return {
    count(isCounting) {
      const now = performance.now()
      const passedMs = now - last
      last = now
      if (isCounting && passedMs < longestLookMs) {
        buildMs += passedMs
        attemptMs += passedMs
      }
      if (buildMs - savedMs >= saveEveryMs) save()
      return { buildMs, attemptMs }
    },
    startAttempt() {
      attemptMs = 0
      save()
    },
  }
}
