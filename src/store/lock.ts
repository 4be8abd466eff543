import { chmodSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { notReady } from '../errors.ts'
import { sleep } from '../world/world.ts'
import { isBusy, isDiskFull } from './database.ts'

/**
 * An exclusive transaction that is held open on a small SQLite file, because the kernel releases it when its
 * holder dies (within 74 ms after a `kill -9`). The same process may open the file again: SQLite keeps the lock
 * when the second connection is closed, although POSIX locks alone would be released.
 */
export interface Lock {
  /** A purge removed the file during the wait, so that others may hold the file that is there now. */
  readonly isLost: boolean
  release(): void
}

const retryMs = 20

/** Waits up to `timeoutMs` for the lock; returns `undefined` when another process still has it. */
export async function takeLock(
  file: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Lock | undefined> {
  const deadline = performance.now() + timeoutMs
  const db = new DatabaseSync(file, { timeout: 0 })
  chmodSync(file, 0o600)
  const inode = inodeOf(file)
  for (;;) {
    try {
      db.exec('BEGIN EXCLUSIVE')
      return { isLost: inodeOf(file) !== inode, release: () => db.close() }
    } catch (error) {
      if (!isBusy(error)) {
        // SQLite may refuse a file that was removed during the wait.
        if (inodeOf(file) !== inode) return { isLost: true, release: () => db.close() }
        db.close()
        throw isDiskFull(error) ? error : unusable(file, error)
      }
    }
    if (signal?.aborted) {
      db.close()
      throw signal.reason
    }
    if (performance.now() >= deadline) {
      db.close()
      return undefined
    }
    await sleep(retryMs)
  }
}

const inodeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.ino

/** It has words of its own, because a user must not move the database away for a broken lock. */
const unusable = (file: string, error: unknown) =>
  notReady(
    `The lock ${file} cannot be used: ${error instanceof Error ? error.message : error}.`,
    'Fix its permissions, or remove that one file while nothing runs in this session',
  )
