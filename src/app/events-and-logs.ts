import { open } from 'node:fs/promises'
import { stripVTControlCharacters } from 'node:util'
import { replaceControls } from '../domain/control-characters.ts'
import type { JournalEvent } from '../domain/journal.ts'
import { redact } from '../secrets/redact.ts'
import { watchFiles } from '../session/watch.ts'
import { eachEvent } from '../store/events.ts'
import { type App, requireScope } from './open-app.ts'

export interface ReadInput {
  readonly guid: string
  /** Whether reading continues at the end, until the app's signal. */
  readonly follow?: boolean | undefined
}

const lookEveryMs = 500

/** Yields the session's journal from its first event. */
export async function* events(app: App, input: ReadInput): AsyncGenerator<JournalEvent> {
  const scope = requireScope(app, input.guid)
  let after = 0
  for await (const _look of looks(app, input, `${scope.home.database}-wal`))
    for (const event of eachEvent(scope.store, { guid: scope.guid, after })) {
      after = event.seq
      yield event
    }
}

const chunkBytes = 256 * 1024

/** Yields the agent pane's output as text, without escape codes and secrets. */
export async function* logs(app: App, input: ReadInput): AsyncGenerator<string> {
  const file = requireScope(app, input.guid).paths.agentLog
  const redactLines = lineRedactor()
  const decoder = new TextDecoder()
  let offset = 0
  let rest = ''
  for await (const _look of looks(app, input, file)) {
    for (;;) {
      const chunk = await readFrom(file, offset)
      if (chunk?.length === 0) break
      // The file is shorter than what was read: it was rotated, so reading begins again.
      offset = chunk ? offset + chunk.length : 0
      if (!chunk) continue
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      if (lines.length > 0) yield redactLines(lines.map(plainLine))
    }
  }
  if (rest) yield redactLines([plainLine(rest)])
}

/** Yields whenever a reader has to look at the file: once, or with `follow` at every change until the signal. */
async function* looks({ world }: App, { follow }: ReadInput, file: string): AsyncGenerator<void> {
  if (!follow) return yield
  const wakeup = watchFiles([file])
  world.signal.addEventListener('abort', wakeup.wake)
  try {
    for (;;) {
      const isLast = world.signal.aborted
      yield
      if (isLast) return
      await wakeup.next(lookEveryMs)
    }
  } finally {
    world.signal.removeEventListener('abort', wakeup.wake)
    wakeup.close()
  }
}

/** How far back a line can belong to a secret that began earlier: a private key has some fifty lines. */
const contextLines = 100
const contextCharacters = 16 * 1024

/** Removes secrets from lines. Some secrets span several lines, so earlier lines are scanned again. */
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

/** Returns what a line shows after its last carriage return, without codes that would act on a terminal. */
function plainLine(line: string): string {
  const spaced = line.replace(/\r+$/, '').replace(cursorMoves, ' ')
  const last = stripVTControlCharacters(spaced).split('\r').at(-1) ?? ''
  return replaceControls(last, '')
}

/** Returns nothing for an absent file, and `undefined` when the file is shorter than the offset. */
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
