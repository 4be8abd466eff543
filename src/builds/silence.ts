import { stat } from 'node:fs/promises'
import type { AgentActivity } from '../agents/hook-log.ts'
import type { SessionPaths } from '../session/paths.ts'
import type { Silence } from './next-step.ts'

/** How long an agent may be idle without a claim before that counts: its last report may still be on its way. */
const idleGraceMs = 10_000
/**
 * How long a pane that moves is a sign of life all by itself. Claude Code turns its spinner for as long as an API leaves it
 * without an answer, which is for ever; its retries take some three minutes (2.1.330).
 */
const paneAloneMs = 30 * 60_000

/** What of the agent was written last; each text changes with every write. */
export interface Signs {
  /** Its hooks and its reports. */
  readonly work: string
  readonly pane: string
}

export interface Stillness {
  readonly silence: Silence | undefined
  readonly silentMs: number
}

export interface SilenceWatch {
  /** Judges what is seen now; `lookedMs` counts only time in which somebody looked. */
  look(
    signs: Signs,
    lookedMs: number,
    activity: Pick<AgentActivity, 'isReady' | 'isBusy' | 'isWaiting'>,
    stallTimeoutMs: number,
  ): Stillness
  /** It was told something just now: it has its time again. */
  restart(lookedMs: number): void
}

/**
 * Watches whether the agent keeps still: its turn ended without a claim, or neither hooks nor status.json nor its pane
 * gave a sign of life for the stall time. It goes by changes, not by the files' times: a clock that is set, or a machine
 * that slept, is no silence.
 */
export function watchSilence(): SilenceWatch {
  let last: Signs | undefined
  let workMs = 0
  let paneMs = 0
  return {
    look(signs, lookedMs, activity, stallTimeoutMs) {
      if (signs.work !== last?.work) workMs = lookedMs
      if (signs.pane !== last?.pane) paneMs = lookedMs
      last = signs
      const workSilentMs = lookedMs - workMs
      const silentMs = lookedMs - Math.max(workMs, paneMs)
      const isTurnOver = activity.isReady && !activity.isBusy && !activity.isWaiting
      if (isTurnOver && workSilentMs >= Math.min(idleGraceMs, stallTimeoutMs))
        return { silence: 'idle', silentMs: workSilentMs }
      if (silentMs >= stallTimeoutMs) return { silence: 'stalled', silentMs }
      if (workSilentMs >= Math.max(paneAloneMs, stallTimeoutMs))
        return { silence: 'stalled', silentMs: workSilentMs }
      return { silence: undefined, silentMs }
    },
    restart(lookedMs) {
      workMs = lookedMs
      paneMs = lookedMs
    },
  }
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
