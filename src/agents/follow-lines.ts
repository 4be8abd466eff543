import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
const maxChunkBytes = 4 * 1024 * 1024
const lineFeed = 0x0a

export interface LineReader {
  /** Called if the file is missing, shorter than before or a different one: earlier lines no longer count. */
  restart(): void
  take(line: string): void
}

/** Follows a file to which lines are appended. Each call passes on the lines since the last call. */
export function followLines(file: string, reader: LineReader): () => Promise<void> {
  let offset = 0
  let inode: number | undefined
  return async () => {
    for (;;) {
      const chunk = await readChunk(file, inode, offset)
      if (!chunk || chunk.isNew) {
        reader.restart()
        offset = 0
      }
      inode = chunk?.inode
      if (!chunk) return
      const { bytes } = chunk
      const isFull = bytes.length === maxChunkBytes
      // An unfinished last line is left for the next call, which reads it as a whole.
      const length = bytes.lastIndexOf(lineFeed) + 1
      offset += length === 0 && isFull ? bytes.length : length
      for (const line of bytes.toString('utf8', 0, length).split('\n')) reader.take(line)
      if (!isFull) return
    }
  }
}

interface Chunk {
  readonly inode: number
  /** Whether it is a different file from the one that was read before. */
  readonly isNew: boolean
  readonly bytes: Buffer
}

async function readChunk(
  file: string,
  inode: number | undefined,
  offset: number,
): Promise<Chunk | undefined> {
  // The agent can replace the file, so a link is not followed and a pipe must not block.
  const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined)
  if (!handle) return undefined
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return undefined
    const { size, ino } = stat
    const isNew = ino !== inode || size < offset
    const from = isNew ? 0 : offset
    const length = Math.min(size - from, maxChunkBytes)
    if (length <= 0) return { inode: ino, isNew, bytes: Buffer.alloc(0) }
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, from)
    return { inode: ino, isNew, bytes: buffer.subarray(0, bytesRead) }
  } finally {
    await handle.close()
  }
}
