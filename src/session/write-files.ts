import { randomBytes } from 'node:crypto'
import { accessSync, constants, statfsSync } from 'node:fs'
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'

/** Makes a private folder and its parents, whatever the umask. */
export async function ensureFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
}

/** Makes a folder below one that an agent writes in: a link or a file in its way is replaced, never followed. */
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
 * Replaces a file in one step, its bytes on disk first. The folder may be one that an agent writes in; what is not
 * finished lies in `aside`, a folder of the same disk.
 */
export async function writeFileAtomic(
  file: string,
  content: string | Uint8Array,
  mode = 0o600,
  aside = dirname(file),
): Promise<void> {
  const temporary = join(aside, `.${randomBytes(8).toString('hex')}.tmp`)
  const handle = await open(temporary, 'wx', mode).catch((error: Error) => {
    // What cannot be written is the file, whatever it is called until it is whole.
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

/** Moves a file away if it is there; what stands at the destination already is kept and the newer one dropped. */
export async function moveAside(file: string, destination: string): Promise<void> {
  await ensureFolder(dirname(destination))
  // Not opened: an agent's file may be a pipe, which would never open.
  const taken = await lstat(destination).catch(() => undefined)
  if (taken) {
    await rm(file, { recursive: true, force: true })
    return
  }
  await rename(file, destination).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** Less than the records need to take one more event. */
const leastBytes = 16 * 1024

/** Why nothing can be written to that folder now, in a sentence. */
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
