import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { maxReportBytes, parseReport, type Report } from '../domain/report.ts'

/** The content of a file that the agent writes. It may be half-written, so `invalid` deserves a second look. */
export type AgentFile<Content> =
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid'; readonly problem: string }
  | { readonly kind: 'valid'; readonly content: Content }

/** Reads the report of the agent, its status.json. */
export async function readReport(file: string): Promise<AgentFile<Report>> {
  const read = await readAgentFile(file, maxReportBytes)
  if (read.kind === 'absent') return read
  if (read.kind === 'unreadable') return { kind: 'invalid', problem: read.problem }
  const parsed = parseReport(read.text)
  return parsed.ok
    ? { kind: 'valid', content: parsed.report }
    : { kind: 'invalid', problem: parsed.problem }
}

export type BoundedRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly problem: string }
  | { readonly kind: 'text'; readonly text: string }

/**
 * Reads a file that an agent wrote: no link is followed, and only a regular file of at most `maxBytes` is read.
 * The file may be half-written, so a parser has to judge its text.
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
    // Bytes that are appended meanwhile are left for the next look.
    const buffer = Buffer.alloc(stat.size)
    const { bytesRead } = await handle.read(buffer, 0, stat.size, 0)
    return { kind: 'text', text: buffer.toString('utf8', 0, bytesRead) }
  } finally {
    await handle.close()
  }
}

/**
 * Reads the end of a file that an agent wrote; the text is empty when it cannot be read. Only a regular file is
 * read, but a link to one is followed.
 */
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
