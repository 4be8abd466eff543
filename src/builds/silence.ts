import { stat } from 'node:fs/promises'
import type { Activity } from '../agents/activity.ts'
import type { SessionPaths } from '../session/paths.ts'
import type { Silence } from './next-step.ts'

/** An idle agent without a claim has this long, because its last report may still be on its way. */
const idleGraceMs = 10_000
/**
 * A pane that changes is a sign of life on its own for this long. An agent may show its spinner for ever when an
 * API never answers, while its retries against an API take about three minutes.
 */
const paneAloneMs = 30 * 60_000

/** What the agent wrote last; each text changes with every write. */
export interface Signs {
  /** Changes with each hook and each report. */
  readonly work: string
  readonly pane: string
}

/** The moments of the stopwatch at which the agent's work and its pane changed last. */
export interface Stillness {
  readonly signs: Signs | undefined
  readonly workMs: number
  readonly paneMs: number
}

export const notStill: Stillness = { signs: undefined, workMs: 0, paneMs: 0 }

/**
 * Follows when the signs changed. The times of the files do not count, because a clock that is set, or a machine
 * that slept, is no silence. An agent `isExcused` while it waits for something or was just given something: its
 * time begins anew.
 */
export function followSigns(
  before: Stillness,
  signs: Signs,
  lookedMs: number,
  isExcused: boolean,
): Stillness {
  return {
    signs,
    workMs: isExcused || signs.work !== before.signs?.work ? lookedMs : before.workMs,
    paneMs: signs.pane !== before.signs?.pane ? lookedMs : before.paneMs,
  }
}

/**
 * Judges whether the agent is silent: its turn ended without a claim, or neither its hooks nor status.json nor its
 * pane changed for the stall time.
 */
export function judgeSilence(
  { workMs, paneMs }: Stillness,
  lookedMs: number,
  activity: Pick<Activity, 'isReady' | 'isBusy' | 'isWaiting'>,
  stallTimeoutMs: number,
): { readonly silence: Silence | undefined; readonly silentMs: number } {
  const workSilentMs = lookedMs - workMs
  const silentMs = lookedMs - Math.max(workMs, paneMs)
  const isTurnOver = activity.isReady && !activity.isBusy && !activity.isWaiting
  if (isTurnOver && workSilentMs >= Math.min(idleGraceMs, stallTimeoutMs))
    return { silence: 'idle', silentMs: workSilentMs }
  if (silentMs >= stallTimeoutMs) return { silence: 'stalled', silentMs }
  if (workSilentMs >= Math.max(paneAloneMs, stallTimeoutMs))
    return { silence: 'stalled', silentMs: workSilentMs }
  return { silence: undefined, silentMs }
}

export async function readSigns(paths: SessionPaths): Promise<Signs> {
  const [hooks, report, pane] = await Promise.all(
    [paths.hookLog, paths.report, paths.agentLog].map(readMark),
  )
  return { work: `${hooks} ${report}`, pane: pane ?? '' }
}

async function readMark(file: string): Promise<string> {
  const stats = await stat(file).catch(() => undefined)
  return stats ? `${stats.ino}/${stats.size}/${stats.mtimeMs}` : ''
}
