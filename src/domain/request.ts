import { createHash } from 'node:crypto'
import { usageError } from '../errors.ts'

/** Requests up to this size stand in the prompt itself; above it the prompt names the request's file. */
export const maxInlineRequestBytes = 32 * 1024

/** A request's bytes as they were given; NUL and invalid UTF-8 are refused, nothing is changed. */
export function parseRequest(bytes: Uint8Array): Uint8Array {
  if (bytes.includes(0)) throw usageError('The request holds a NUL byte.', 'Give plain UTF-8 text')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw usageError('The request is not valid UTF-8.', 'Save it as UTF-8 and try again')
  }
  if (text.trim() === '')
    throw usageError(
      'The request is empty.',
      'Say what to build: --request, --request-file or stdin',
    )
  return bytes
}

/** Two requests are the same when their bytes are. */
export function requestHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
