import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Marker } from './address-rules.ts'
import { NotVerified } from './evidence.ts'
import { type Answer, maxBodyBytes } from './fetch-once.ts'

/**
 * Requires that the address serves this release: its marker must name the release, and its start page must have
 * the hash that the marker names.
 *
 * @throws NotVerified, kind `content`; it may still be the release before, while the switch spreads
 */
export function requireMarker(marker: Marker, answer: Answer, page: Answer): void {
  const said = parseMarker(answer.bytes)
  if (answer.status !== 200 || said === undefined)
    throw refuse('the address has no tmux-builder marker', answer)
  if (said.release !== marker.release || said.index_sha256 !== marker.index)
    throw refuse('the address serves another release', answer)
  const isStart = page.url.pathname === '/' && page.url.search === '' && !page.truncated
  if (isStart && createHash('sha256').update(page.bytes).digest('hex') !== marker.index)
    throw refuse('what is served is not the page of this release', page)
}

function parseMarker(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/**
 * Requires that the bytes of the answer are those of the release's file, up to the size limit of answers.
 *
 * @throws NotVerified, kind `content`
 */
export async function requireReleaseBytes(answer: Answer, releaseFile: string): Promise<void> {
  const expected = await readBeginning(releaseFile).catch((error: Error) => {
    throw refuse(`the release cannot be read (${error.message})`, answer)
  })
  const isSame =
    answer.bytes.equals(expected.subarray(0, maxBodyBytes)) &&
    answer.truncated === expected.length > maxBodyBytes
  if (!isSame) throw refuse('what is served is not the page of this release', answer)
}

/** Reads one byte more than an answer may have, so that a longer file is recognised. */
async function readBeginning(file: string): Promise<Buffer> {
  const handle = await open(file, 'r')
  try {
    const buffer = Buffer.alloc(maxBodyBytes + 1)
    let length = 0
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length)
      if (bytesRead === 0) break
      length += bytesRead
    }
    return buffer.subarray(0, length)
  } finally {
    await handle.close()
  }
}

const refuse = (message: string, seen: Answer) =>
  new NotVerified({
    kind: 'content',
    message,
    url: seen.url.href,
    status: seen.status,
    contentType: seen.contentType,
    address: seen.address,
    excerpt: seen.bytes.subarray(0, 2_000).toString(),
  })
