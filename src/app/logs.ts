import { open } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { redact } from '../secrets/redact.ts'
import { watchFiles } from '../session/watch.ts'
import { type App, requireScope } from './open-app.ts'

const chunkBytes = 256 * 1024
const lookEveryMs = 500

/** The agent pane's output as text, without its escape codes; with `follow` it goes on until the signal. */
export async function* logs(
  app: App,
  guid: string,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): AsyncGenerator<string> {
  const scope = requireScope(app, guid)
  const file = scope.paths.agentLog
  const redactLines = lineRedactor()
  const wakeup = follow ? watchFiles([file]) : undefined
  const wake = () => wakeup?.wake()
  signal.addEventListener('abort', wake)
  const decoder = new TextDecoder()
  let offset = 0
  let rest = ''
  try {
    for (;;) {
      const chunk = await readFrom(file, offset)
      if (chunk === undefined) {
        // The file is smaller than what was read: it was rotated, and begins anew.
        offset = 0
      } else if (chunk.length > 0) {
        offset += chunk.length
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
        rest = lines.pop() ?? ''
        if (lines.length > 0) yield redactLines(lines.map(plainLine))
      } else {
        if (!wakeup || signal.aborted) break
        await wakeup.next(lookEveryMs)
      }
    }
    if (rest) yield redactLines([plainLine(rest)])
  } finally {
    signal.removeEventListener('abort', wake)
    wakeup?.close()
  }
}

/** How far back a line can belong to a secret that began earlier: a private key has some fifty lines. */
const contextLines = 100
const contextCharacters = 16 * 1024

/** Takes secrets out of lines. Some secrets go over several lines, so the lines before are looked at again. */
function lineRedactor(): (lines: readonly string[]) => string {
  let before: string[] = []
  return (lines) => {
    const all = [...before, ...lines]
    const clean = redact(all.join('\n')).split('\n').slice(before.length).join('\n')
    before = all.slice(-contextLines)
    while (before.length > 1 && before.join('\n').length > contextCharacters) before.shift()
    return clean
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
