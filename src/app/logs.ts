import { open } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { followEnd } from '../cli/follow-end.ts'
import { redact } from '../secrets/redact.ts'
import { watchFiles } from '../session/watch.ts'
import type { Context } from '../world/world.ts'
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
  const show = lineRedactor((line) => void context.stdout.write(`${line}\n`))
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
      show(lines.map(plainLine))
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
  if (rest) show([plainLine(rest)])
  if (flags.follow) context.signal.throwIfAborted()
}

/** How far back a line can belong to a secret that began earlier: a private key has some fifty lines. */
const contextLines = 100
const contextCharacters = 16 * 1024

/** Shows lines without secrets, of which some go over several lines: those that were shown last are looked at again. */
function lineRedactor(print: (lines: string) => void): (lines: readonly string[]) => void {
  let shown: string[] = []
  return (lines) => {
    if (lines.length === 0) return
    const all = [...shown, ...lines]
    print(redact(all.join('\n')).split('\n').slice(shown.length).join('\n'))
    shown = all.slice(-contextLines)
    while (shown.length > 1 && shown.join('\n').length > contextCharacters) shown.shift()
  }
}

/** Codes that move the cursor instead of writing a space: without them words would grow together. */
const cursorMoves = /\x1b\[[\d;]{0,20}[A-HSTdfs]/g

/** A line as it stands after its last carriage return, without codes that would act on a terminal. */
function plainLine(line: string): string {
  const spaced = line.replace(/\r+$/, '').replace(cursorMoves, ' ')
  const last = stripVTControlCharacters(spaced).split('\r').at(-1) ?? ''
  return last.replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '')
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
