import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package's own folder: this file lies two folders below it in src/, and its bundle one below it in dist/. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)))

function findPackageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findPackageRoot(dirname(folder))
}

/** How to start this program again: the same Node, the same files. */
export const programArgv: readonly string[] = [
  process.execPath,
  join(packageRoot, 'bin', 'tmux-builder.js'),
]
