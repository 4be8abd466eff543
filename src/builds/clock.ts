/** How much more than the record the clock may say before it is saved. */
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
 * A build's time and its attempt's: they count only while a supervisor is present and nothing is waited for that
 * is not the agent's.
 */
export interface Clock {
  readonly attempt: number
  readonly buildMs: number
  readonly attemptMs: number
  /** The stopwatch at the last count. */
  readonly lookedMs: number
}

interface Recorded {
  readonly attempt: number
  readonly clockMs: number
  readonly attemptClockMs: number
}

/** The clock as it was saved. The time without a supervisor does not count. */
export const clockOf = (build: Recorded, lookedMs: number): Clock => ({
  attempt: build.attempt,
  buildMs: build.clockMs,
  attemptMs: build.attemptClockMs,
  lookedMs,
})

/** Counts what passed since the last count, or leaves it out; a new attempt counts from nothing. */
export function countOn(
  clock: Clock,
  attempt: number,
  lookedMs: number,
  counts: { readonly build: boolean; readonly attempt: boolean },
): Clock {
  const passedMs = lookedMs - clock.lookedMs
  const attemptMs = attempt === clock.attempt ? clock.attemptMs : 0
  return {
    attempt,
    buildMs: clock.buildMs + (counts.build ? passedMs : 0),
    attemptMs: attemptMs + (counts.attempt ? passedMs : 0),
    lookedMs,
  }
}

export const isWorthSaving = (clock: Clock, recorded: Pick<Recorded, 'clockMs'>): boolean =>
  clock.buildMs - recorded.clockMs >= saveEveryMs
