import { join } from 'node:path'
import { notReady, type TmuxBuilderError } from '../errors.ts'
import { type Lock, takeLock } from '../store/lock.ts'
import { ensureSessionFolder } from './folder.ts'
import type { Scope } from './scope.ts'

interface SessionLock {
  readonly file: (scope: Scope) => string
  readonly waitMs: number
  /** When it is not waited for any longer. */
  readonly refuse: () => TmuxBuilderError
}

const hint = 'Wait for it or end it, then try again'

const commandLock: SessionLock = {
  file: ({ paths }) => paths.commandLock,
  waitMs: 120_000,
  refuse: () => notReady('Another command has been changing this session for 120 s.', hint),
}

/** A new distribution takes minutes. */
const deployLock: SessionLock = {
  file: ({ paths }) => join(paths.folder, 'deploy.lock'),
  waitMs: 45 * 60_000,
  refuse: () =>
    notReady('Another deployment of this session has been running for 45 minutes.', hint),
}

/** Runs `act` while nobody else creates, ends or changes the session's tmux part. Not to be nested. */
export const withCommandLock = <T>(scope: Scope, act: () => Promise<T>): Promise<T> =>
  withLock(scope, commandLock, act)

/** One deployment, rollback or destruction of a session at a time; other commands go on meanwhile. */
export const withDeployLock = <T>(scope: Scope, act: () => Promise<T>): Promise<T> =>
  withLock(scope, deployLock, act)

async function withLock<T>(scope: Scope, which: SessionLock, act: () => Promise<T>): Promise<T> {
  const lock = await takeSessionLock(scope, which)
  try {
    return await act()
  } finally {
    lock.release()
  }
}

async function takeSessionLock(scope: Scope, which: SessionLock): Promise<Lock> {
  const lock = await takeLock(which.file(scope), which.waitMs, scope.world.signal)
  if (!lock) throw which.refuse()
  if (!lock.isLost) return lock
  // The session was deleted meanwhile, with its folder: who goes on makes it anew.
  lock.release()
  await ensureSessionFolder(scope)
  return takeSessionLock(scope, which)
}

/**
 * Keeps supervisors out while a build is recorded and its tmux session prepared: one that has ended its build leaves
 * first, the new session's own waits at its lock. `false`, and nothing done: one has the lock for longer than that.
 */
export async function withoutSupervisor(
  scope: Scope,
  waitMs: number,
  act: () => Promise<void>,
): Promise<boolean> {
  const lock = await takeLock(scope.paths.supervisorLock, waitMs, scope.world.signal)
  if (!lock) return false
  try {
    await act()
    return true
  } finally {
    lock.release()
  }
}
