import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
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

export type BoundedRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'text'; readonly text: string }

/**
 * Reads a file that an agent wrote: no link is followed, only a regular file of at most `maxBytes` is read.
 * It may be half-written: what it says is for a parser to judge.
 */
export async function readAgentFile(file: string, maxBytes: number): Promise<BoundedRead> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return { kind: 'absent' }
    return { kind: 'unreadable', problem: code === 'ELOOP' ? 'a link' : `cannot be read (${code})` }
  }
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return { kind: 'unreadable', problem: 'not a regular file' }
    if (stat.size > maxBytes)
      return { kind: 'unreadable', problem: `larger than ${maxBytes} bytes (${stat.size})` }
    // What is appended meanwhile is for the next look.
    const buffer = Buffer.alloc(stat.size)
    const { bytesRead } = await handle.read(buffer, 0, stat.size, 0)
    return { kind: 'text', text: buffer.toString('utf8', 0, bytesRead) }
  } finally {
    await handle.close()
  }
}

/** The end of a file that an agent names, by the same rules; empty when it cannot be read. */
export async function readAgentFileTail(file: string, maxBytes: number): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NONBLOCK
  const handle = await open(file, flags).catch(() => undefined)
  if (!handle) return ''
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return ''
    const length = Math.min(stat.size, maxBytes)
    const { bytesRead, buffer } = await handle.read(
      Buffer.alloc(length),
      0,
      length,
      stat.size - length,
    )
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
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
