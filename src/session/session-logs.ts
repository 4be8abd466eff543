import { appendFileSync, renameSync, statSync } from 'node:fs'
import { lstat, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { redact } from '../secrets/redact.ts'
import { readAgentFileTail } from './agent-files.ts'
import type { SessionPaths } from './paths.ts'
import type { Scope } from './scope.ts'

const maxLogBytes = 4 * 1024 * 1024

/**
 * Adds a line to the supervisor's log, which is kept at two files of about 4 MB, and returns the line as it was
 * written.
 */
export function logLine({ world, paths }: Pick<Scope, 'world' | 'paths'>, line: string): string {
  const text = `${new Date(world.now()).toISOString()} ${redact(line)}\n`
  try {
    if ((statSync(paths.supervisorLog, { throwIfNoEntry: false })?.size ?? 0) > maxLogBytes)
      renameSync(paths.supervisorLog, `${paths.supervisorLog}.1`)
    appendFileSync(paths.supervisorLog, text, { mode: 0o600 })
  } catch {
    // A log that cannot be written must not end a build; the window of the supervisor still shows the line.
  }
  return text
}

const maxFiles = 3
const maxBytes = 6 * 1024

export interface LogTail {
  /** The name of the file in the folder. */
  readonly name: string
  readonly text: string
}

/** Reads the ends of the newest files that the agent left in `infrastructure/deployment_logs/`, newest first. */
export async function readDeploymentLogs(workspace: string): Promise<LogTail[]> {
  const infrastructure = join(workspace, 'infrastructure')
  const folder = join(infrastructure, 'deployment_logs')
  // A link may lead out of the workspace, and a pipe never ends.
  if (!(await isFolder(infrastructure)) || !(await isFolder(folder))) return []
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const stats = await lstat(join(folder, name)).catch(() => undefined)
      return stats?.isFile() ? [{ name, writtenAt: stats.mtimeMs }] : []
    }),
  )
  const newest = files
    .flat()
    .toSorted((one, other) => other.writtenAt - one.writtenAt)
    .slice(0, maxFiles)
  return Promise.all(
    newest.map(async ({ name }) => ({
      name,
      text: await readAgentFileTail(join(folder, name), maxBytes),
    })),
  )
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true
}

/** This many old hook logs and reports of old attempts are kept. */
const keptLogs = 50

/** Removes all but the newest hook logs and reports that launches and attempts have put aside. */
export async function trimOldLogs(paths: SessionPaths): Promise<void> {
  for (const folder of [paths.oldHookLogs, paths.oldReports]) {
    const aged = (await readdir(folder).catch(() => [])).map(async (name) => {
      const path = join(folder, name)
      return { path, writtenAt: (await stat(path).catch(() => undefined))?.ctimeMs ?? 0 }
    })
    const newestFirst = (await Promise.all(aged)).toSorted((a, b) => b.writtenAt - a.writtenAt)
    for (const { path } of newestFirst.slice(keptLogs))
      await rm(path, { recursive: true, force: true })
  }
}
