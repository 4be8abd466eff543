import type { IncomingMessage } from 'node:http'
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

/** A longer page is judged by this much of it; the rest is never read. */
export const maxBodyBytes = 1_048_576

export interface Body {
  readonly bytes: Buffer
  /** There was more than `maxBodyBytes`. */
  readonly truncated: boolean
}

/** A body in a coding that we did not ask for and cannot undo. */
export class UnreadableBody extends Error {}

// A sync flush makes do with what is there: the body may have been cut at the limit.
const gzipOptions = { finishFlush: zlib.constants.Z_SYNC_FLUSH }
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(gzipOptions),
  'x-gzip': () => zlib.createGunzip(gzipOptions),
  deflate: () => zlib.createInflate(gzipOptions),
  br: () => zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }),
}

/**
 * The answer's body, at most `maxBodyBytes` as sent and at most as many decoded, so that a zip bomb costs no more than
 * a plain page. We ask for `identity`, but some servers compress whatever was asked.
 *
 * @throws UnreadableBody, or the error of the connection
 */
export async function readBody(response: IncomingMessage): Promise<Body> {
  const sent = await readUpTo(response)
  const coding = (response.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return sent
  const decoder = decoders[coding]?.()
  if (!decoder) throw new UnreadableBody(`its content-encoding "${coding}" was not asked for`)
  decoder.end(sent.bytes)
  try {
    const decoded = await readUpTo(decoder)
    return { bytes: decoded.bytes, truncated: decoded.truncated || sent.truncated }
  } catch {
    throw new UnreadableBody(`its body is not ${coding}, though its content-encoding says so`)
  }
}

async function readUpTo(stream: AsyncIterable<Buffer>): Promise<Body> {
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBodyBytes) break
  }
  const bytes = Buffer.concat(chunks)
  return { bytes: bytes.subarray(0, maxBodyBytes), truncated: length > maxBodyBytes }
}
