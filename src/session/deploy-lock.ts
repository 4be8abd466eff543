import { join } from 'node:path'
import { notReady } from '../errors.ts'
import { type Lock, takeLock } from '../store/lock.ts'
import { ensureSessionFolder } from './folder.ts'
import type { Scope } from './scope.ts'

/** A new distribution takes minutes. */
const waitMs = 45 * 60_000

/** One deployment, rollback or destruction of a session at a time; other commands go on meanwhile. */
export async function withDeployLock<T>(scope: Scope, act: () => Promise<T>): Promise<T> {
  const lock = await takeDeployLock(scope)
  try {
    return await act()
  } finally {
    lock.release()
  }
}

async function takeDeployLock(scope: Scope): Promise<Lock> {
  const lock = await takeLock(join(scope.paths.folder, 'deploy.lock'), waitMs, scope.context.signal)
  if (!lock)
    throw notReady(
      'Another deployment of this session has been running for 45 minutes.',
      'Wait for it or end it, then try again',
    )
  if (!lock.isLost) return lock
  // The session was deleted meanwhile, with its folder: who goes on makes it anew.
  lock.release()
  await ensureSessionFolder(scope)
  return takeDeployLock(scope)
}
