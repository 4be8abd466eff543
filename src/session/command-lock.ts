import { notReady } from '../errors.ts'
import { type Lock, takeLock } from '../store/lock.ts'
import { ensureSessionFolder } from './folder.ts'
import type { Scope } from './scope.ts'

const waitMs = 120_000

/** Runs `act` while nobody else creates, ends or changes the session's tmux part. Not to be nested. */
export async function withCommandLock<T>(scope: Scope, act: () => Promise<T>): Promise<T> {
  const lock = await takeCommandLock(scope)
  try {
    return await act()
  } finally {
    lock.release()
  }
}

async function takeCommandLock(scope: Scope): Promise<Lock> {
  const lock = await takeLock(scope.paths.commandLock, waitMs, scope.context.signal)
  if (!lock)
    throw notReady(
      `Another command has been changing this session for ${waitMs / 1000} s.`,
      'Wait for it or end it, then try again',
    )
  if (!lock.isLost) return lock
  // The session was deleted meanwhile, with its folder: who goes on makes it anew.
  lock.release()
  await ensureSessionFolder(scope)
  return takeCommandLock(scope)
}
