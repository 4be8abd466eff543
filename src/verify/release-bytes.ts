import { open } from 'node:fs/promises'
import { NotVerified } from './evidence.ts'
import type { Answer } from './fetch-once.ts'
import { maxBodyBytes } from './read-body.ts'

/**
 * Are the answer's bytes those of that release's file? Compared up to the size limit of answers.
 *
 * @throws NotVerified, kind `content`
 */
export async function requireReleaseBytes(answer: Answer, releaseFile: string): Promise<void> {
  const refuse = (message: string) =>
    new NotVerified({
      kind: 'content',
      message,
      url: answer.url.href,
      status: answer.status,
      contentType: answer.contentType,
      address: answer.address,
      excerpt: answer.bytes.subarray(0, 2_000).toString(),
    })
  const expected = await readBeginning(releaseFile).catch((error: Error) => {
    throw refuse(`the release cannot be read (${error.message})`)
  })
  const isSame =
    answer.bytes.equals(expected.subarray(0, maxBodyBytes)) &&
    answer.truncated === expected.length > maxBodyBytes
  if (!isSame) throw refuse('what is served is not the page of this release')
}

/** One byte more than an answer may have, to tell whether there is more. */
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
