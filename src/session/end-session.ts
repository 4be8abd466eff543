import { rm } from 'node:fs/promises'
import { appendEvent } from '../store/events.ts'
import { updateSession } from '../store/sessions.ts'
import { killSession, sessionName } from '../tmux/windows.ts'
import { endProcesses } from './end-processes.ts'
import { type ProcessStat, readProcessStat } from './liveness.ts'
import { launchFile, type WindowName } from './paths.ts'
import { realHome, requireSession, type Scope, serverOf } from './scope.ts'
import { readPanes } from './session-panes.ts'
import { findSessionProcesses } from './session-processes.ts'

/**
 * Ends everything of the session: the processes below its panes and all that carry its marker, then tmux's part. Returns how many
 * processes were ended, with those that were `seen` before and that others may have ended meanwhile.
 */
export async function endSession(
  scope: Scope,
  build: number,
  reason: string,
  seen: readonly ProcessStat[] = [],
): Promise<number> {
  const session = requireSession(scope)
  const panes = await readPanes(scope)
  const processes = await endProcesses(await watchProcesses(scope), seen)
  if (panes.length > 0) await killSession(scope.world, serverOf(session), sessionName(scope.guid))
  await rm(launchFile(scope.paths, 'agent'), { force: true })
  if (session.tmuxCreatedAt !== undefined || panes.length > 0 || processes > 0)
    await scope.store.transact((tx) => {
      updateSession(tx, scope.guid, {
        // The next one is made, and looked for, by name.
        tmuxSocket: null,
        tmuxCreatedAt: null,
        agentProcess: null,
        supervisorProcess: null,
        previewProcess: null,
      })
      appendEvent(tx, { guid: scope.guid, build }, 'session_ended', { reason, processes })
    })
  return processes
}

/** Ends the processes of one window (all windows without one), wherever they went. Returns how many. */
export async function endSessionProcesses(scope: Scope, window?: WindowName): Promise<number> {
  return endProcesses(await watchProcesses(scope, window))
}

/** The processes of the session now. */
export async function findProcesses(scope: Scope): Promise<readonly ProcessStat[]> {
  const find = await watchProcesses(scope)
  return find()
}

/** A look at the processes of one window (all windows without one), each time it is called. */
async function watchProcesses(scope: Scope, window?: WindowName): Promise<() => ProcessStat[]> {
  const panes = await readPanes(scope)
  const roots = panes
    .filter((pane) => !pane.isDead && (window === undefined || pane.window === window))
    .flatMap((pane) => readProcessStat(pane.pid) ?? [])
  // A pid that ended may be another's by the next look.
  const isSame = (root: ProcessStat) => readProcessStat(root.pid)?.startTime === root.startTime
  const livingRoots = () => roots.filter(isSame).map((root) => root.pid)
  const marker = { guid: scope.guid, home: realHome(scope), ...(window ? { window } : {}) }
  return () => findSessionProcesses(marker, livingRoots())
}
