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
 * Ends the whole session: the processes below its panes, all that carry its marker, and then its tmux session.
 * Returns how many processes were ended, including those `seen` before that others may have ended meanwhile.
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
        // The next tmux session is made, and looked for, by name.
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

/** Ends the processes of one window, or of all windows, wherever they went. Returns how many there were. */
export async function endSessionProcesses(scope: Scope, window?: WindowName): Promise<number> {
  return endProcesses(await watchProcesses(scope, window))
}

/** Finds the processes that the session has now. */
export async function findProcesses(scope: Scope): Promise<readonly ProcessStat[]> {
  const find = await watchProcesses(scope)
  return find()
}

/** Makes a function that finds the processes of one window, or of all windows, each time it is called. */
async function watchProcesses(scope: Scope, window?: WindowName): Promise<() => ProcessStat[]> {
  const panes = await readPanes(scope)
  const roots = panes
    .filter((pane) => !pane.isDead && (window === undefined || pane.window === window))
    .flatMap((pane) => readProcessStat(pane.pid) ?? [])
  // The pid of a process that has ended may be another's by the next look.
  const isSame = (root: ProcessStat) => readProcessStat(root.pid)?.startTime === root.startTime
  const livingRoots = () => roots.filter(isSame).map((root) => root.pid)
  const marker = { guid: scope.guid, home: realHome(scope), ...(window ? { window } : {}) }
  return () => findSessionProcesses(marker, livingRoots())
}

const graceMs = 2_000
const pollMs = 20
const maxRounds = 5
/** Processes that are still found after this many rounds start each other again, and are stopped first. */
const gentleRounds = 2
const maxFreezingLooks = 20

/**
 * Ends what `find` finds, with TERM first and with KILL after 2 s, and looks again until nothing is found, because
 * children may be born meanwhile. Returns how many processes were ended, including those `seen` before. Processes
 * are identified by pid and start time.
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

/** Stops processes until none runs that could start another. */
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
      // A stopped process handles TERM only once it goes on.
      if (signal === 'SIGTERM' && stat.state === 'T') process.kill(stat.pid, 'SIGCONT')
    } catch {
      // The process has ended since the look, or it belongs to another user.
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
