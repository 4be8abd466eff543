import { randomBytes } from 'node:crypto'
import { accessSync, constants, statfsSync } from 'node:fs'
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** Makes a private folder and its parents. */
export async function ensureFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
}

/** Makes a folder below one that an agent writes in. A link or a file in its way is replaced, never followed. */
export async function ensureRealFolder(base: string, path: string): Promise<void> {
  let folder = base
  for (const part of path.split(sep)) {
    folder = join(folder, part)
    const stats = await lstat(folder).catch(() => undefined)
    if (stats?.isDirectory()) continue
    await rm(folder, { force: true })
    await mkdir(folder, { mode: 0o700 })
  }
}

/**
 * Replaces a file in one step, after its bytes are on disk. The folder may be one that an agent writes in, so the
 * unfinished file lies in `aside`, a folder of the same disk.
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode = 0o600,
  aside = dirname(file),
): Promise<void> {
  const temporary = join(aside, `.${randomBytes(8).toString('hex')}.tmp`)
  const handle = await open(temporary, 'wx', mode).catch((error: Error) => {
    // The error names the file itself, not its temporary name.
    throw Object.assign(error, { path: file })
  })
  try {
    await handle.writeFile(content)
    await handle.chmod(mode)
    await handle.sync()
    await handle.close()
    await rename(temporary, file)
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(temporary, { force: true })
    throw error
  }
}

/**
 * Moves a file away if it is there. A file that is already at the destination is kept, and the newer one is
 * dropped.
 */
export async function moveAside(file: string, destination: string): Promise<void> {
  await ensureFolder(dirname(destination))
  // The destination is not opened, because a file of the agent may be a pipe, which would never open.
  const taken = await lstat(destination).catch(() => undefined)
  if (taken) {
    await rm(file, { recursive: true, force: true })
    return
  }
  await rename(file, destination).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** The records need at least this much space to take one more event. */
const leastBytes = 16 * 1024

/** Says in a sentence why nothing can be written to that folder now; `undefined` when it can. */
export function findWriteProblem(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK)
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize < leastBytes
      ? `The disk is full: ${folder} cannot be written.`
      : undefined
  } catch (error) {
    return `${folder} cannot be written (${(error as NodeJS.ErrnoException).code}).`
  }
}
