import { stat } from 'node:fs/promises'
import type { Activity } from '../agents/activity.ts'
import type { SessionPaths } from '../session/paths.ts'
import type { Silence } from './next-step.ts'

/** How long an agent may be idle without a claim before that counts: its last report may still be on its way. */
const idleGraceMs = 10_000
/**
 * How long a pane that moves is a sign of life all by itself. An agent may turn its spinner for as long as an API
 * leaves it without an answer, which is for ever; retries against an API take some three minutes.
 */
const paneAloneMs = 30 * 60_000

/** What of the agent was written last; each text changes with every write. */
export interface Signs {
  /** Its hooks and its reports. */
  readonly work: string
  readonly pane: string
}

/** Since when, by the stopwatch, the agent's work and its pane have shown no change. */
export interface Stillness {
  readonly signs: Signs | undefined
  readonly workMs: number
  readonly paneMs: number
}

export const notStill: Stillness = { signs: undefined, workMs: 0, paneMs: 0 }

/**
 * Goes by changes, not by the files' times: a clock that is set, or a machine that slept, is no silence.
 * `isExcused`: the agent waits for something, or was given something just now, so that its time begins anew.
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
 * Judges whether the agent keeps still: its turn ended without a claim, or neither hooks nor status.json nor its
 * pane gave a sign of life for the stall time.
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
