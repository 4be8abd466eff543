import { createHash } from 'node:crypto'
import type { Marker } from './address-rules.ts'
import { NotVerified } from './evidence.ts'
import type { Answer } from './fetch-once.ts'

/**
 * Does the address serve this very release? Its marker names it, and its start page has the marker's hash.
 *
 * @throws NotVerified, kind `content`: it may be the release before, while the switch spreads
 */
export function requireMarker(marker: Marker, answer: Answer, page: Answer): void {
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
  const said = parseMarker(answer.bytes)
  if (answer.status !== 200 || said === undefined)
    throw refuse('the address has no marker of ours', answer)
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
