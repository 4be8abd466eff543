import { join } from 'node:path'
import { notReady, type TmuxBuilderError } from '../errors.ts'
import { type Lock, takeLock } from '../store/lock.ts'
import { ensureSessionFolder } from './folder.ts'
import type { Scope } from './scope.ts'

declare const held: unique symbol
type Holding<Name extends string> = Scope & { readonly [held]: Readonly<Record<Name, true>> }

/**
 * A session whose command lock is held. Only the functions below make one, so that no caller can forget the lock.
 */
export type LockedSession = Holding<'command'>
/** A session whose deploy lock is held. */
export type DeployingSession = Holding<'deploy'>
/** A session whose supervisor's lock is held, so that no other supervisor works on it. */
export type SupervisedSession = Holding<'supervisor'>

interface SessionLock {
  readonly file: (scope: Scope) => string
  readonly waitMs: number
  /** The error for a caller that has waited that long in vain. */
  readonly refuse: () => TmuxBuilderError
}

const hint = 'Wait for it or end it, then try again'

const commandLock: SessionLock = {
  file: ({ paths }) => paths.commandLock,
  waitMs: 120_000,
  refuse: () => notReady('Another command has been changing this session for 120 s.', hint),
}

/** The wait is long because AWS takes minutes to create a distribution. */
const deployLock: SessionLock = {
  file: ({ paths }) => join(paths.folder, 'deploy.lock'),
  waitMs: 45 * 60_000,
  refuse: () =>
    notReady('Another deployment of this session has been running for 45 minutes.', hint),
}

/** Runs `act` while no other command changes the session or its tmux part. Calls must not be nested. */
export const withSessionLock = <T>(
  scope: Scope,
  act: (locked: LockedSession) => Promise<T>,
): Promise<T> => withLock(scope, commandLock, () => act(scope as LockedSession))

/** Runs `act` if no command holds the session now, and returns `false` without running it otherwise. */
export const withFreeSession = (
  scope: Scope,
  act: (locked: LockedSession) => Promise<void>,
): Promise<boolean> => tryLock(scope, scope.paths.commandLock, 0, () => act(scope as LockedSession))

/** Runs one deployment, rollback or destruction of a session at a time. Other commands go on meanwhile. */
export const withDeployLock = <T>(
  scope: Scope,
  act: (deploying: DeployingSession) => Promise<T>,
): Promise<T> => withLock(scope, deployLock, () => act(scope as DeployingSession))

/**
 * Runs `act` while no other supervisor works on the session. The supervisor holds this lock for its whole life, a
 * command while it records a build and prepares its tmux session. Returns `false`, without running `act`, when
 * another process keeps the lock for longer than `waitMs`.
 */
export const withSupervisorLock = (
  scope: Scope,
  waitMs: number,
  act: (supervised: SupervisedSession) => Promise<void>,
): Promise<boolean> =>
  tryLock(scope, scope.paths.supervisorLock, waitMs, () => act(scope as SupervisedSession))

async function tryLock(
  scope: Scope,
  file: string,
  waitMs: number,
  act: () => Promise<void>,
): Promise<boolean> {
  const lock = await takeLock(file, waitMs, scope.world.signal)
  if (!lock) return false
  try {
    await act()
    return true
  } finally {
    lock.release()
  }
}

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
  // The session was deleted with its folder during the wait, so both are made again.
  lock.release()
  await ensureSessionFolder(scope)
  return takeSessionLock(scope, which)
}
