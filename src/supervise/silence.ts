import { stat } from 'node:fs/promises'
import type { AgentActivity } from '../agents/hook-log.ts'
import type { Silence } from '../domain/next-step.ts'
import type { Build } from '../store/builds.ts'
import type { SessionPaths } from '../workspace/paths.ts'

/** How long an agent may be idle without a claim before that counts: its last report may still be on its way. */
const idleGraceMs = 10_000

/** For how long the agent's hooks, its status.json and its pane have shown nothing new, in milliseconds. */
export interface Silences {
  readonly hooks: number
  readonly report: number
  readonly pane: number
}

/**
 * Follows when a file was last seen to change. How long ago that is says our own clock: the times that files carry
 * are of a clock that may be set meanwhile.
 */
export function followSilences(
  paths: Pick<SessionPaths, 'hookLog' | 'report' | 'agentLog'>,
  lookedMs: () => number,
): () => Promise<Silences> {
  const follow = (file: string) => {
    let seen: string | undefined
    let changedAt = lookedMs()
    return async () => {
      const stats = await stat(file).catch(() => undefined)
      const now = stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : 'absent'
      // The first look tells nothing of when.
      if (seen !== undefined && seen !== now) changedAt = lookedMs()
      seen = now
      return lookedMs() - changedAt
    }
  }
  const hooks = follow(paths.hookLog)
  const report = follow(paths.report)
  const pane = follow(paths.agentLog)
  return async () => ({ hooks: await hooks(), report: await report(), pane: await pane() })
}

/**
 * Whether the agent keeps still: its turn ended without a claim, or neither hooks nor status.json nor its pane gave a
 * sign of life for the stall time. Retries against its API show on the pane (Claude Code counts down there).
 */
export function findSilence(
  { hooks, report, pane }: Silences,
  build: Build,
  activity: AgentActivity,
): { readonly silence: Silence | undefined; readonly silentMs: number } {
  const silentMs = Math.min(hooks, report, pane)
  if (silentMs >= build.settings.stallTimeoutMs) return { silence: 'stalled', silentMs }
  const isIdle = activity.isReady && !activity.isBusy && Math.min(hooks, report) >= idleGraceMs
  return { silence: isIdle ? 'idle' : undefined, silentMs }
}
