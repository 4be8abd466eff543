import { chmodSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { notReady } from '../errors.ts'
import { sleep } from '../world/world.ts'
import { isBusy, isDiskFull } from './database.ts'

/**
 * A lock that the kernel releases when its holder dies: an exclusive transaction held open on a small SQLite file
 * (passed on 74 ms after a `kill -9`). The same process may open the file again: SQLite keeps the lock when the
 * second connection is closed, although POSIX locks alone would be released.
 */
export interface Lock {
  /** Its file was removed while it was waited for (a purge): others may have the one that is there now. */
  readonly isLost: boolean
  release(): void
}

const retryMs = 20

/** Takes the lock, waiting up to that long; `undefined`: somebody else still has it. Throws the signal's reason. */
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
        // SQLite may refuse a file that has no name any more.
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

/** Not in the words for the database: nobody is to move that away for a lock. */
const unusable = (file: string, error: unknown) =>
  notReady(
    `The lock ${file} cannot be used: ${error instanceof Error ? error.message : error}.`,
    'Mend its rights, or remove that one file while nothing runs in this session',
  )
