import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** One line of a transcript. A question names what a resumed agent needs to go on where it asked. */
export type Entry =
  | { readonly type: 'user' | 'command' | 'assistant'; readonly text: string; queued?: true }
  | { readonly type: 'question'; readonly prompt_file: string; readonly started_at: string }
  | { readonly type: 'answered' }

export type Conversation = ReturnType<typeof openConversation>

/** A conversation cannot be begun or resumed; the messages are those of Claude Code. */
export class ConversationError extends Error {}

/** Begins a conversation, or resumes one: its transcript is the file `<id>.jsonl` in the state folder. */
export function openConversation(stateFolder: string, id: string, resume: boolean) {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 })
  const file = join(stateFolder, `${id}.jsonl`)
  if (!resume) createFile(file, id)
  else if (!existsSync(file)) {
    throw new ConversationError(`No conversation found with session ID ${id}`)
  }
  const entries = readEntries(file)
  return {
    id,
    file,
    /** The question that was asked last and is not answered yet. */
    findOpenQuestion() {
      const last = entries.findLast(({ type }) => type === 'question' || type === 'answered')
      return last?.type === 'question' ? last : undefined
    },
    /** Appends a line and returns when it is on disk. */
    record(entry: Entry): void {
      entries.push(entry)
      const line = JSON.stringify({ ...entry, at: new Date().toISOString(), pid: process.pid })
      appendFileSync(file, `${line}\n`, { flush: true })
    },
  }
}

function createFile(file: string, id: string): void {
  try {
    // 'x': of two agents that are started with one id, exactly one gets it.
    writeFileSync(file, '', { flag: 'ax', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new ConversationError(`Session ID ${id} is already in use.`)
  }
}

function readEntries(file: string): Entry[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line)]
    } catch {
      // A kill can tear the last line.
      return []
    }
  })
}

/** Reports an event under the name, and with the fields, that Claude Code's hooks have. */
export type Hook = (name: string, fields: Readonly<Record<string, string>>) => void

/** Appends each event as one line in one write, so that the lines of several writers never mix. */
export function openHookLog(file: string, common: Readonly<Record<string, string>>): Hook {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  return (name, fields) => {
    const line = JSON.stringify({ hook_event_name: name, ...common, ...fields })
    // The file is opened anew each time, because a reader may have moved it away.
    appendFileSync(file, `${line}\n`, { mode: 0o600 })
  }
}
