import { stat } from 'node:fs/promises'
import type { AgentActivity } from '../agents/hook-log.ts'
import type { Silence } from '../domain/next-step.ts'
import type { Build } from '../store/builds.ts'
import type { Run } from './run.ts'

/** How long an agent may be idle without a claim before that counts: its last report may still be on its way. */
const idleGraceMs = 10_000

/**
 * Whether the agent keeps still: its turn ended without a claim, or neither hooks nor status.json nor its pane gave a
 * sign of life for the stall time. Retries against its API show on the pane (Claude Code counts down there).
 */
export async function findSilence(
  run: Run,
  build: Build,
  activity: AgentActivity,
): Promise<{ readonly silence: Silence | undefined; readonly silentMs: number }> {
  const { paths, context } = run.scope
  const written = await Promise.all(
    [paths.hookLog, paths.report, paths.agentLog].map(readWrittenAt),
  )
  const silentMs = context.now() - Math.max(run.startedAt, ...written)
  if (silentMs >= build.settings.stallTimeoutMs) return { silence: 'stalled', silentMs }
  const hookSilentMs = context.now() - Math.max(run.startedAt, written[0] ?? 0, written[1] ?? 0)
  const isIdle = activity.isReady && !activity.isBusy && hookSilentMs >= idleGraceMs
  return { silence: isIdle ? 'idle' : undefined, silentMs }
}

async function readWrittenAt(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0
}
