import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The folder of this package: this file lies two folders below it in src/, and its bundle one folder below it in
 * dist/.
 */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)))

function findPackageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : findPackageRoot(dirname(folder))
}

/** The command that starts this program again, with the same Node and the same files. */
export const programArgv: readonly string[] = [
  process.execPath,
  join(packageRoot, 'bin', 'tmux-builder.js'),
]
