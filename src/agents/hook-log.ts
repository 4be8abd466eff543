import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { HookName } from './profile.ts'

/** One line of the hook log, bounded: what the agent's program says of itself. */
export interface Hook {
  readonly name: HookName
  readonly prompt: string
  readonly error: string
  readonly toolName: string
  readonly lastMessage: string
  /** Work of its own that goes on, or a time that it set itself, will wake it. */
  readonly isWaiting: boolean
  readonly transcript: string | undefined
}

/** What the hooks of one agent process add up to. */
export interface AgentActivity {
  /** Its session started: it is past its dialogs. */
  readonly isReady: boolean
  readonly isBusy: boolean
  /** Its turn ended, and work of its own in the background will wake it. */
  readonly isWaiting: boolean
  /** Every prompt that it accepted, oldest first. */
  readonly acceptedPrompts: readonly string[]
  /** Its last turn failed: `authentication_failed`, `rate_limit`, `billing_error`, `server_error` … */
  readonly failure: { readonly error: string; readonly message: string } | undefined
  /** The tool that it waits for a human to allow; nobody does, so only a new prompt ends that. */
  readonly permissionWanted: string | undefined
  readonly transcript: string | undefined
}

export const noActivity: AgentActivity = {
  isReady: false,
  isBusy: false,
  isWaiting: false,
  acceptedPrompts: [],
  failure: undefined,
  permissionWanted: undefined,
  transcript: undefined,
}

const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0
const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** `undefined` for a line that is no hook. */
export function parseHook(line: string): Hook | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('hook_event_name' in value))
      return undefined
    const fields = value as Record<string, unknown>
    return {
      name: fields.hook_event_name as HookName,
      prompt: text(fields.prompt),
      error: text(fields.error),
      toolName: text(fields.tool_name),
      lastMessage: text(fields.last_assistant_message).slice(0, 2_000),
      isWaiting: isFilled(fields.background_tasks) || isFilled(fields.session_crons),
      transcript: text(fields.transcript_path) || undefined,
    }
  } catch {
    return undefined
  }
}

export function applyHook(activity: AgentActivity, hook: Hook): AgentActivity {
  const transcript = hook.transcript ?? activity.transcript
  const next = { ...activity, transcript }
  switch (hook.name) {
    case 'SessionStart':
      return { ...next, isReady: true }
    case 'UserPromptSubmit':
      return {
        ...next,
        isBusy: true,
        isWaiting: false,
        failure: undefined,
        permissionWanted: undefined,
        acceptedPrompts: [...activity.acceptedPrompts, hook.prompt],
      }
    case 'PermissionRequest':
      return { ...next, permissionWanted: hook.toolName || 'a tool' }
    case 'Stop':
      return { ...next, isBusy: false, isWaiting: hook.isWaiting }
    case 'StopFailure':
      return {
        ...next,
        isBusy: false,
        isWaiting: false,
        failure: { error: hook.error, message: hook.lastMessage },
      }
    default:
      return next
  }
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants
const maxChunkBytes = 4 * 1024 * 1024
const lineFeed = 0x0a

/**
 * Follows a hook log; each call reads what came since the last one. A launch moves the old log away: a file that is
 * absent, or another one, starts the activity anew.
 */
export function followHookLog(file: string): () => Promise<AgentActivity> {
  let activity = noActivity
  let offset = 0
  let inode: number | undefined
  return async () => {
    for (;;) {
      const chunk = await readChunk(file, inode, offset)
      if (!chunk || chunk.isNew) {
        activity = noActivity
        offset = 0
      }
      inode = chunk?.inode
      if (!chunk) return activity
      const { bytes } = chunk
      const isFull = bytes.length === maxChunkBytes
      // A line that is not ended yet is read again, whole, the next time.
      const length = bytes.lastIndexOf(lineFeed) + 1
      offset += length === 0 && isFull ? bytes.length : length
      for (const line of bytes.toString('utf8', 0, length).split('\n')) {
        const hook = parseHook(line)
        if (hook) activity = applyHook(activity, hook)
      }
      if (!isFull) return activity
    }
  }
}

interface Chunk {
  readonly inode: number
  /** Another file than the one read before. */
  readonly isNew: boolean
  readonly bytes: Buffer
}

async function readChunk(
  file: string,
  inode: number | undefined,
  offset: number,
): Promise<Chunk | undefined> {
  // The agent can write there: a link is not followed, a pipe not waited for.
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
