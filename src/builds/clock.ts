/** The clock is saved when it is this far ahead of its record. */
const saveEveryMs = 5_000
/** A longer time between two looks was sleep (a closed lid, a stopped process) and no supervision. */
const longestLookMs = 60_000

/**
 * Counts the milliseconds in which this process was there to look. A time of day that is set forwards or back
 * changes nothing, and the time in which the machine slept is left out.
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
 * The time of a build and of its attempt. Both count only while a supervisor is present, and not while the agent
 * waits for something that is not its own doing.
 */
export interface Clock {
  readonly attempt: number
  readonly buildMs: number
  readonly attemptMs: number
  /** What the stopwatch said at the last count. */
  readonly lookedMs: number
}

interface Recorded {
  readonly attempt: number
  readonly clockMs: number
  readonly attemptClockMs: number
}

/** Makes the clock from its record, because the time without a supervisor does not count. */
export const clockOf = (build: Recorded, lookedMs: number): Clock => ({
  attempt: build.attempt,
  buildMs: build.clockMs,
  attemptMs: build.attemptClockMs,
  lookedMs,
})

/** Counts the time since the last count, or leaves it out. A new attempt starts from zero. */
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
