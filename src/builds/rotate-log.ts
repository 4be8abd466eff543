import { rename, stat } from 'node:fs/promises'
import { requireSession, serverOf } from '../session/scope.ts'
import { paneOf, readPanes } from '../session/session-panes.ts'
import { pipePaneCommand } from '../tmux/panes.ts'
import { requireTmux } from '../tmux/server.ts'
import type { Run } from './run.ts'

const maxLogBytes = 20 * 1024 * 1024

/** Keeps the agent's log at two files of about 20 MB. What is written meanwhile goes into the old one: nothing is lost. */
export async function rotateAgentLog(run: Run): Promise<void> {
  const { world, paths } = run.scope
  const size = (await stat(paths.agentLog).catch(() => undefined))?.size ?? 0
  if (size < maxLogBytes) return
  const pane = paneOf(await readPanes(run.scope), 'agent')
  if (!pane || pane.isDead) return
  await rename(paths.agentLog, `${paths.agentLog}.1`)
  const server = serverOf(requireSession(run.scope))
  await requireTmux(world, server, [pipePaneCommand(pane.id, paths.agentLog)])
}
