import { mkdir, rmdir, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { notReady } from '../../errors.ts'

/**
 * Claude Code locks its configuration with a folder beside the file (2.1.330, by proper-lockfile). If nobody has
 * touched the folder for this time, its holder is dead.
 */
const staleMs = 10_000
const waitMs = 30_000
const retryMs = 20

/** Runs `act` under the lock that Claude Code itself takes before it rewrites this file. */
export async function withConfigLock<T>(file: string, act: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`
  await takeLock(lock)
  try {
    return await act()
  } finally {
    await rmdir(lock).catch(() => {})
  }
}

async function takeLock(lock: string): Promise<void> {
  const deadline = performance.now() + waitMs
  for (;;) {
    try {
      return await mkdir(lock)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw notReady(
          `Claude Code's configuration cannot be locked: ${(error as Error).message}.`,
          `Make the folder of ${lock} writable`,
        )
    }
    if (await isStale(lock)) await rmdir(lock).catch(() => {})
    else if (performance.now() > deadline)
      throw notReady(
        `Claude Code's configuration stayed locked for ${waitMs / 1000} s.`,
        `If no Claude Code is running, remove the folder ${lock}`,
      )
    await delay(retryMs * (0.5 + Math.random()))
  }
}

/** Checks the age twice, because another process may just have replaced a dead lock with its own. */
async function isStale(lock: string): Promise<boolean> {
  const isOld = () =>
    stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs > staleMs,
      () => false,
    )
  if (!(await isOld())) return false
  await delay(Math.random() * 200)
  return isOld()
}
