import { watch } from 'chokidar'

/**
 * Wakes a loop that looks at everything again each time, so that a missed change costs one slow look and never a
 * hang.
 */
export interface Wakeup {
  /** Resolves at the next change, at once if one came since the last call, or after that time. */
  next(timeoutMs: number): Promise<void>
  /** Makes the pending or next `next` resolve. */
  wake(): void
  close(): void
}

/**
 * Watches files that are replaced by rename, in folders that exist. It uses chokidar 6 on the files themselves,
 * because 4 and 5 lose the last of two quick writes, and the watch of Node goes deaf after the first rename.
 */
export function watchFiles(files: readonly string[]): Wakeup {
  let changed = false
  let resolvePending: (() => void) | undefined
  const wake = () => {
    changed = true
    resolvePending?.()
  }
  const watcher = watch([...files], { ignoreInitial: true })
  watcher.on('all', wake)
  // When a folder vanishes or no watches are left, the slow look goes on.
  watcher.on('error', () => {})
  return {
    wake,
    async next(timeoutMs) {
      if (!changed) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          resolvePending = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        resolvePending = undefined
      }
      changed = false
    },
    // A watcher that is closed inside its own callback would keep the process alive.
    close: () => void setImmediate(() => void watcher.close()),
  }
}
