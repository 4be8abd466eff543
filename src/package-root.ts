import { fileURLToPath } from 'node:url'

// Holds for src/package-root.ts and for any file of dist/: both lie one folder below the package's root.
export const packageRoot = fileURLToPath(new URL('..', import.meta.url))

/** How to start this program again: the same Node, the same files. */
export const programArgv: readonly string[] = [
  process.execPath,
  fileURLToPath(new URL('../bin/tmux-builder.js', import.meta.url)),
]
