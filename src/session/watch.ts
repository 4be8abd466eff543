import { watch } from 'chokidar'

/** Wakes a loop that looks again at everything each time: a missed change costs one slow look, never a hang. */
export interface Wakeup {
  /** Resolves at the next change (at once, if one came since the last call) or after that time. */
  next(timeoutMs: number): Promise<void>
  /** Makes the pending or next `next` resolve. */
  wake(): void
  close(): void
}

/**
 * Watches files that are replaced by rename, in folders that exist. chokidar 6 on the file itself: 4 and 5 lose the
 * last of two quick writes, and node's own watch goes deaf after the first rename.
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
  // A folder that vanishes, or no watches left: the slow look goes on.
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
    // Closing inside a callback of its own keeps the process alive.
    close: () => void setImmediate(() => void watcher.close()),
  }
}
