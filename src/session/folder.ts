import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { programArgv } from '../world/package-root.ts'
import { shellQuote } from '../world/shell-quote.ts'
import { ownWindowEnvironment, renderLoop } from './launch-script.ts'
import { launchFile, type SessionPaths, sessionPathsIn } from './paths.ts'
import type { Scope } from './scope.ts'
import { ensureFolder, writeFileAtomic } from './write-files.ts'

/**
 * Makes the folder of the session aside and renames it into place, so that it is never seen half-made. Of several
 * callers one wins, and the others use its folder.
 */
export async function ensureSessionFolder(scope: Scope): Promise<void> {
  // The folder is whole, unless somebody removed a part of it.
  if (existsSync(scope.paths.folder)) return makeFolders(foldersOf(scope.paths))
  const aside = join(
    scope.home.sessions,
    `.${scope.guid.slice(0, 12)}-${randomBytes(6).toString('hex')}`,
  )
  const paths = sessionPathsIn(aside)
  try {
    await makeFolders([
      ...foldersOf(paths),
      ...['code', 'docs', 'infrastructure'].map((name) => join(paths.workspace, name)),
    ])
    await rename(aside, scope.paths.folder)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    await rm(aside, { recursive: true, force: true })
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
    await makeFolders(foldersOf(scope.paths))
  }
}

const foldersOf = ({ prompts, logs, agent, site, workspace }: SessionPaths) => [
  prompts,
  logs,
  agent,
  site,
  workspace,
]

async function makeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await ensureFolder(folder)
}

const windowCommands = { supervisor: 'supervise', preview: 'preview' } as const

const windowArgv = (scope: Scope, window: keyof typeof windowCommands) => [
  ...programArgv,
  windowCommands[window],
  scope.guid,
]

/**
 * Writes the scripts of the supervisor and the preview, and the program that agents call. Each command that starts
 * something writes them again, so that they name the program that is installed now.
 */
export async function writeOwnScripts(scope: Scope): Promise<void> {
  for (const window of ['supervisor', 'preview'] as const) {
    const script = renderLoop({
      folder: scope.paths.folder,
      environment: ownWindowEnvironment(scope, window),
      argv: windowArgv(scope, window),
    })
    await writeFileAtomic(launchFile(scope.paths, window), script)
  }
  const program = `#!/bin/sh\nexec ${programArgv.map(shellQuote).join(' ')} "$@"\n`
  await writeFileAtomic(scope.paths.program, program, 0o700)
}

/** Whether the supervisor's window runs this program, and not one that was installed elsewhere before. */
export async function runsThisProgram(scope: Scope): Promise<boolean> {
  const script = await readFile(launchFile(scope.paths, 'supervisor'), 'utf8').catch(() => '')
  return script.includes(windowArgv(scope, 'supervisor').map(shellQuote).join(' '))
}
