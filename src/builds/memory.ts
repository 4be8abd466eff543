import type { Activity } from '../agents/activity.ts'
import { longestRetryPauseMs } from '../domain/retry-pause.ts'
import type { Build } from '../store/builds.ts'
import { followOpenQuestions, type OpenQuestions, openOf, waitsUnnamed } from './agent-questions.ts'
import { type Clock, clockOf, countOn } from './clock.ts'
import { lineOf, promptOf, type Snapshot } from './observe.ts'
import { followSigns, notStill, type Stillness } from './silence.ts'

/**
 * What the supervisor remembers from look to look, beside the records. All moments in it are the stopwatch's. It
 * is a value: `remember` derives the next one from a look, and the functions below it from what was done in
 * between.
 */
export interface Memory {
  readonly clock: Clock
  readonly stillness: Stillness
  /** The prompt or line that was sent and is not taken yet. */
  readonly underWay: UnderWay | undefined
  /** How the agent's last turn had failed before it was given a line, which it may take without saying so. */
  readonly oldFailure: Activity['failure']
  /** The problem of a status.json that was seen once, waiting for a second look. */
  readonly doubtfulReport: { readonly problem: string; readonly since: number } | undefined
  /** The pause under way: until when by the time of day, and when it is over at the latest. */
  readonly pause: { readonly until: string; readonly endsAt: number } | undefined
  readonly openQuestions: OpenQuestions
  /** Since when the agent waits for an approval without having written what for. */
  readonly unnamedQuestionAt: number | undefined
}

export interface UnderWay {
  readonly id: string
  readonly sentAt: number
  /** Since when the agent that it was sent to is past its start. */
  readonly readyAt: number | undefined
  /** Since when a proof of its acceptance is waited for, before Enter is pressed again. */
  readonly askedAt: number
}

/** A supervisor that begins remembers nothing but what the build's record says of its clock. */
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

/** What is remembered after a look. */
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
    // A pause is the build's own time; the wait for a usage limit is not its attempt's.
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

/** What is remembered when a line is about to be given to an agent whose last turn may have failed. */
export const withOldFailure = (before: Memory, failure: Activity['failure']): Memory => ({
  ...before,
  oldFailure: failure,
})

/** What is remembered when a proof of acceptance was looked for in vain: the next time for it begins now. */
export const withProofAskedAt = (before: Memory, askedAt: number): Memory => ({
  ...before,
  underWay: before.underWay && { ...before.underWay, askedAt },
})

/** What is remembered while the agent's claim is verified, which takes time of the build and of its attempt. */
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
 * A pause ends at its time of day, and at the latest when it has lasted as long as it was to last when it was
 * first seen, or as long as such a pause may last: a clock that is set back must not make it endless.
 */
function pauseAfter(before: Memory, { build, now, lookedMs }: Snapshot): Memory['pause'] {
  const { waitUntil: until, settings, state } = build
  if (until === undefined || before.pause?.until === until) return before.pause
  const longestMs = state === 'retrying' ? longestRetryPauseMs : settings.limitWaitMs
  return { until, endsAt: lookedMs + Math.min(Date.parse(until) - now, longestMs) }
}

/** Whether a pause is on at this look. */
export const isPauseOn = (pause: Memory['pause'], { build, now, lookedMs }: Snapshot): boolean =>
  build.waitUntil !== undefined &&
  Date.parse(build.waitUntil) > now &&
  pause !== undefined &&
  lookedMs < pause.endsAt
