import { open } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import type { Context } from '../context.ts'
import { redact } from '../domain/redact.ts'
import { watchFiles } from '../workspace/watch.ts'
import { followEnd } from './follow-end.ts'
import { openSession } from './open.ts'

const chunkBytes = 256 * 1024
const lookEveryMs = 500

/** The agent pane's output as text, without its escape codes; with `follow` it goes on until a signal. */
export async function logs(
  context: Context,
  guid: string,
  flags: { readonly follow?: boolean },
): Promise<void> {
  const scope = openSession(context, guid)
  const file = scope.paths.agentLog
  const decoder = new TextDecoder()
  let offset = 0
  let rest = ''
  const showNew = async () => {
    for (;;) {
      const chunk = await readFrom(file, offset)
      // Smaller than what was read: it was rotated, and begins anew.
      if (chunk === undefined) {
        offset = 0
        continue
      }
      if (chunk.length === 0) return
      offset += chunk.length
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (lines.length > 0) context.stdout.write(`${lines.map(plainLine).join('\n')}\n`)
    }
  }
  await showNew()
  const wakeup = flags.follow ? watchFiles([file]) : undefined
  if (wakeup) {
    const end = followEnd(context)
    end.addEventListener('abort', wakeup.wake)
    while (!end.aborted) {
      await wakeup.next(lookEveryMs)
      await showNew()
    }
    wakeup.close()
  }
  if (rest) context.stdout.write(`${plainLine(rest)}\n`)
  if (flags.follow) context.signal.throwIfAborted()
}

/** A line as it stands after its last carriage return, without codes that would act on a terminal. */
function plainLine(line: string): string {
  const text = stripVTControlCharacters(line.replace(/\r+$/, ''))
  const last = text.split('\r').at(-1) ?? ''
  return redact(last.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, ''))
}

async function readFrom(file: string, offset: number): Promise<Uint8Array | undefined> {
  const handle = await open(file, 'r').catch(() => undefined)
  if (!handle) return new Uint8Array()
  try {
    if ((await handle.stat()).size < offset) return undefined
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(chunkBytes), 0, chunkBytes, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
