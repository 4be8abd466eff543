import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { readAgentFileTail } from './files.ts'

const maxFiles = 3
const maxBytes = 6 * 1024

export interface LogTail {
  /** Its name in the folder. */
  readonly name: string
  readonly text: string
}

/** The ends of the newest files that the agent left in `infrastructure/deployment_logs/`, newest first. */
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
