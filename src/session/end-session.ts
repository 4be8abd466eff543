import { rm } from 'node:fs/promises'
import { appendEvent } from '../store/events.ts'
import { updateSession } from '../store/sessions.ts'
import { killSession, sessionName } from '../tmux/windows.ts'
import { sleep } from '../world/world.ts'
import type { LockedSession } from './locks.ts'
import { launchFile, type WindowName } from './paths.ts'
import { findSessionProcesses, type ProcessStat, readProcessStat } from './processes.ts'
import { realHome, requireSession, type Scope, serverOf } from './scope.ts'
import { readPanes } from './session-panes.ts'

/**
 * Ends everything of the session: the processes below its panes and all that carry its marker, then tmux's part. Returns how many
 * processes were ended, with those that were `seen` before and that others may have ended meanwhile.
 */
export async function endSession(
  scope: LockedSession,
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

const graceMs = 2_000
const pollMs = 20
const maxRounds = 5
/** After so many rounds what is found again is what starts itself anew each time it is ended. */
const gentleRounds = 2
const maxFreezingLooks = 20

/**
 * Ends what `find` finds, TERM first and KILL after 2 s, and looks again until nothing is found (children may be
 * born meanwhile). Returns how many processes were ended, with those `seen` before. Processes are told apart by pid and start
 * time.
 */
export async function endProcesses(
  find: () => readonly ProcessStat[],
  seen: readonly ProcessStat[] = [],
): Promise<number> {
  const ended = new Set(seen.map(identify))
  for (let round = 0; round < maxRounds; round++) {
    const found = find()
    if (found.length === 0) break
    for (const stat of found) ended.add(identify(stat))
    if (round < gentleRounds) {
      signalAll(found, 'SIGTERM')
      if (!(await areGone(found, graceMs))) await kill(found)
    } else {
      freezeAll(find)
      await kill(find())
    }
  }
  return ended.size
}

async function kill(stats: readonly ProcessStat[]): Promise<void> {
  signalAll(stats, 'SIGKILL')
  await areGone(stats, graceMs)
}

/** Until nothing runs any more that could start another. */
function freezeAll(find: () => readonly ProcessStat[]): void {
  for (let look = 0; look < maxFreezingLooks; look++) {
    const running = find().filter((stat) => stat.state !== 'T')
    if (running.length === 0) return
    signalAll(running, 'SIGSTOP')
  }
}

const identify = (stat: ProcessStat) => `${stat.pid}@${stat.startTime}`

const isSame = (stat: ProcessStat) => {
  const now = readProcessStat(stat.pid)
  return now?.startTime === stat.startTime && now.state !== 'Z' && now.state !== 'X'
}

function signalAll(stats: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const stat of stats) {
    if (!isSame(stat)) continue
    try {
      process.kill(stat.pid, signal)
      // A stopped process takes no TERM until it goes on.
      if (signal === 'SIGTERM' && stat.state === 'T') process.kill(stat.pid, 'SIGCONT')
    } catch {
      // Gone between the look and the signal, or not ours to end.
    }
  }
}

async function areGone(stats: readonly ProcessStat[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (stats.some(isSame)) {
    if (performance.now() >= deadline) return false
    await sleep(pollMs)
  }
  return true
}
