import type { Activity } from '../agents/activity.ts'
import { longestRetryPauseMs } from '../domain/retry.ts'
import type { Build } from '../store/builds.ts'
import { followOpenQuestions, type OpenQuestions, openOf, waitsUnnamed } from './agent-questions.ts'
import { type Clock, clockOf, countOn } from './clock.ts'
import { lineOf, promptOf, type Snapshot } from './observe.ts'
import { followSigns, notStill, type Stillness } from './silence.ts'

/**
 * What the supervisor remembers from look to look, beside the records. It is a value: `remember` derives the next
 * one from a look, and the functions below it from what was done between two looks. All its moments are those of
 * the stopwatch.
 */
export interface Memory {
  readonly clock: Clock
  readonly stillness: Stillness
  /** The prompt or line that was sent and has not been accepted yet. */
  readonly underWay: UnderWay | undefined
  /** The failure of the turn before the last line was pasted, which must not count again after that line. */
  readonly oldFailure: Activity['failure']
  /** The problem of a bad status.json, and since when it is bad in this way. */
  readonly doubtfulReport: { readonly problem: string; readonly since: number } | undefined
  /** The end of the pause by the time of day, and the latest end of it by the stopwatch. */
  readonly pause: { readonly until: string; readonly endsAt: number } | undefined
  readonly openQuestions: OpenQuestions
  /** Since when the agent waits for an approval without a question. */
  readonly unnamedQuestionAt: number | undefined
}

export interface UnderWay {
  readonly id: string
  readonly sentAt: number
  /** Since when the agent that it was sent to is ready. */
  readonly readyAt: number | undefined
  /** Since when the supervisor waits for a proof of acceptance, before it presses Enter again. */
  readonly askedAt: number
}

/** Makes the memory of a supervisor that begins: only the clock comes from the build's record. */
export const beginMemory = (build: Build, lookedMs: number): Memory => ({
  clock: clockOf(build, lookedMs),
  stillness: notStill,
  underWay: undefined,
  oldFailure: undefined,
  doubtfulReport: undefined,
  pause: undefined,
  openQuestions: {},
  unnamedQuestionAt: undefined,
})

/** Derives what is remembered after a look. */
export function remember(before: Memory, seen: Snapshot): Memory {
  const { build, lookedMs } = seen
  const isConfirmed = promptOf(seen)?.state === 'confirmed'
  const open = openOf(seen)
  const isAsking = open.length > 0
  const hasLine = lineOf(seen) !== undefined
  const pause = pauseAfter(before, seen)
  const isPausing = isPauseOn(pause, seen)
  const isExcused = !isConfirmed || isPausing || isAsking || hasLine
  return {
    // A pause counts for the build and not for its attempt.
    clock: countOn(before.clock, build.attempt, lookedMs, {
      build: !isAsking,
      attempt: !isAsking && !isPausing,
    }),
    stillness: followSigns(before.stillness, seen.signs, lookedMs, isExcused),
    underWay: underWayAfter(before, seen),
    oldFailure: before.oldFailure,
    doubtfulReport: isConfirmed ? doubtAfter(before, seen) : undefined,
    pause,
    openQuestions: followOpenQuestions(before.openQuestions, open, seen),
    unnamedQuestionAt:
      isConfirmed && !hasLine && waitsUnnamed(seen)
        ? (before.unnamedQuestionAt ?? lookedMs)
        : undefined,
  }
}

/** Remembers how the last turn failed, before a line is pasted. */
export const withOldFailure = (before: Memory, failure: Activity['failure']): Memory => ({
  ...before,
  oldFailure: failure,
})

/** Remembers that a proof of acceptance was looked for, so that the next wait for one begins now. */
export const withProofAskedAt = (before: Memory, askedAt: number): Memory => ({
  ...before,
  underWay: before.underWay && { ...before.underWay, askedAt },
})

/** Counts the time of a verification, which counts for the build and for its attempt. */
export const withTimePassed = (before: Memory, lookedMs: number): Memory => ({
  ...before,
  clock: countOn(before.clock, before.clock.attempt, lookedMs, { build: true, attempt: true }),
})

function underWayAfter(before: Memory, { deliveries, activity, lookedMs }: Snapshot) {
  const sent = deliveries.findLast((delivery) => delivery.state === 'sent')
  if (!sent) return undefined
  const known = before.underWay?.id === sent.id ? before.underWay : undefined
  return {
    id: sent.id,
    sentAt: known?.sentAt ?? lookedMs,
    readyAt: known?.readyAt ?? (activity.isReady ? lookedMs : undefined),
    askedAt: known?.askedAt ?? lookedMs,
  }
}

function doubtAfter({ doubtfulReport }: Memory, { report, lookedMs }: Snapshot) {
  if (report.kind !== 'invalid') return undefined
  return doubtfulReport?.problem === report.problem
    ? doubtfulReport
    : { problem: report.problem, since: lookedMs }
}

/**
 * Follows a pause. It ends at its time of day, and at the latest after the time that was left of it at the first
 * look, or after the longest such pause. Otherwise a clock that is set back would make it endless.
 */
function pauseAfter(before: Memory, { build, now, lookedMs }: Snapshot): Memory['pause'] {
  const { waitUntil: until, settings, state } = build
  if (until === undefined || before.pause?.until === until) return before.pause
  const longestMs = state === 'retrying' ? longestRetryPauseMs : settings.limitWaitMs
  return { until, endsAt: lookedMs + Math.min(Date.parse(until) - now, longestMs) }
}

/** Whether the pause is not over at this look. */
export const isPauseOn = (pause: Memory['pause'], { build, now, lookedMs }: Snapshot): boolean =>
  build.waitUntil !== undefined &&
  Date.parse(build.waitUntil) > now &&
  pause !== undefined &&
  lookedMs < pause.endsAt
