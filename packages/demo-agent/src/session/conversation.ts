import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** One line of a transcript; `question` and `answered` let a resumed agent go on where it asked. */
export type Entry =
  | { readonly type: 'user'; readonly text: string; readonly queued?: true }
  | { readonly type: 'command'; readonly text: string }
  | { readonly type: 'assistant'; readonly text: string }
  | { readonly type: 'question'; readonly prompt_file: string; readonly started_at: string }
  | { readonly type: 'answered' }

export interface Conversation {
  readonly id: string
  readonly file: string
  /** Appends a line and returns when it is on disk. */
  record(entry: Entry): void
  /** The question that was asked last and is not answered yet. */
  readonly openQuestion: Extract<Entry, { type: 'question' }> | undefined
}

/** What Claude Code says, too, when a conversation cannot be begun or resumed. */
export class ConversationError extends Error {}

/** Begins a conversation, or resumes one: its transcript is the file `<id>.jsonl` in the state folder. */
export function openConversation(stateFolder: string, id: string, resume: boolean): Conversation {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
  const file = join(stateFolder, `${id}.jsonl`)
  if (resume && !existsSync(file)) {
    throw new ConversationError(`No conversation found with session ID ${id}`)
  }
  if (!resume) createFile(file, id)
  return {
    id,
    file,
    record: (entry) => append(file, { ...entry, at: new Date().toISOString(), pid: process.pid }),
    openQuestion: resume ? lastOpenQuestion(readFileSync(file, 'utf8')) : undefined,
  }
}

function createFile(file: string, id: string): void {
  try {
    // 'x': of two agents started with one id exactly one gets it.
    closeSync(openSync(file, 'ax', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new ConversationError(`Session ID ${id} is already in use.`)
  }
}

function append(file: string, line: object): void {
  const handle = openSync(file, 'a', 0o600)
  try {
    writeSync(handle, `${JSON.stringify(line)}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function lastOpenQuestion(transcript: string): Conversation['openQuestion'] {
  let open: Conversation['openQuestion']
  for (const line of transcript.split('\n')) {
    const entry = parseEntry(line)
    if (entry?.type === 'question') open = entry
    if (entry?.type === 'answered') open = undefined
  }
  return open
}

/** A line of the transcript; a line torn by a kill is none. */
function parseEntry(line: string): Entry | undefined {
  try {
    return JSON.parse(line) as Entry
  } catch {
    return undefined
  }
}
