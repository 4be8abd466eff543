import { performance } from 'node:perf_hooks'
import { type Build, updateBuild } from '../store/builds.ts'
import type { Store } from '../store/open.ts'

const saveEveryMs = 5_000

/** Counts a build's time: only while a supervisor is present and no question is open. Monotonic: a clock that jumps changes nothing. */
export interface Clock {
  /** Counts what passed since the last call (or leaves it out), saves it now and then, and returns the sum in ms. */
  count(isCounting: boolean): number
}

export function startClock(store: Store, build: Build): Clock {
  let last = performance.now()
  let elapsedMs = build.clockMs
  let savedMs = elapsedMs
  return {
    count(isCounting) {
      const now = performance.now()
      if (isCounting) elapsedMs += now - last
      last = now
      if (elapsedMs - savedMs >= saveEveryMs) {
        savedMs = elapsedMs
        updateBuild(store, build.guid, build.build, { clockMs: Math.round(elapsedMs) })
      }
      return elapsedMs
    },
  }
}
