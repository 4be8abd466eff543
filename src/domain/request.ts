import { createHash } from 'node:crypto'
import { usageError } from '../errors.ts'

/** A request of up to this size is part of the prompt; for a longer one the prompt names the file. */
export const maxInlineRequestBytes = 32 * 1024

/** Returns the bytes of a request unchanged; it refuses NUL and invalid UTF-8. */
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
