import { mkdir, rmdir, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { notReady } from '../../errors.ts'

/**
 * Claude Code's own (2.1.330, by proper-lockfile): a folder beside the file; 10 s untouched means that its holder
 * died.
 */
const staleMs = 10_000
const waitMs = 30_000
const retryMs = 20

/** Does something while holding the lock that Claude Code takes before it rewrites this file. */
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
          `Make the folder of ${lock} writable.`,
        )
    }
    if (await isStale(lock)) await rmdir(lock).catch(() => {})
    else if (performance.now() > deadline)
      throw notReady(
        `Claude Code's configuration stayed locked for ${waitMs / 1000} s.`,
        `If no Claude Code is running, remove the folder ${lock}.`,
      )
    await delay(retryMs * (0.5 + Math.random()))
  }
}

/** Looked at twice, so that a lock which a rival has just taken over is not mistaken for its dead predecessor. */
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
