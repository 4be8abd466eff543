import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface OpenQuestion {
  readonly prompt_file: string
  readonly started_at: string
}

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
  return {
    id,
    file,
    /** The question that was asked last and is not answered yet. */
    openQuestion: findOpenQuestion(readFileSync(file, 'utf8')),
    /** Appends a line and returns when it is on disk. */
    record(type: 'user' | 'command' | 'assistant' | 'question' | 'answered', fields: object): void {
      const line = { type, ...fields, at: new Date().toISOString(), pid: process.pid }
      appendFileSync(file, `${JSON.stringify(line)}\n`, { flush: true })
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

function findOpenQuestion(transcript: string): OpenQuestion | undefined {
  let open: OpenQuestion | undefined
  for (const line of transcript.split('\n')) {
    try {
      const entry = JSON.parse(line)
      if (entry.type === 'question') open = entry
      if (entry.type === 'answered') open = undefined
    } catch {
      // A kill can tear the last line.
    }
  }
  return open
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
