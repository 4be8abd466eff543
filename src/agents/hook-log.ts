import { open } from 'node:fs/promises'
import type { HookName } from './profile.ts'

/** One line of the hook log, bounded: what the agent's program says of itself. */
export interface Hook {
  readonly name: HookName
  readonly prompt: string
  readonly error: string
  readonly toolName: string
  readonly lastMessage: string
  readonly transcript: string | undefined
}

/** What the hooks of one agent process add up to. */
export interface AgentActivity {
  /** Its session started: it is past its dialogs. */
  readonly isReady: boolean
  readonly isBusy: boolean
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
  acceptedPrompts: [],
  failure: undefined,
  permissionWanted: undefined,
  transcript: undefined,
}

const text = (value: unknown) => (typeof value === 'string' ? value : '')

/** `undefined` for a line that is no hook. */
export function parseHook(line: string): Hook | undefined {
  try {
    const value: unknown = JSON.parse(line)
    if (typeof value !== 'object' || value === null || !('hook_event_name' in value)) return undefined
    const fields = value as Record<string, unknown>
    return {
      name: fields.hook_event_name as HookName,
      prompt: text(fields.prompt),
      error: text(fields.error),
      toolName: text(fields.tool_name),
      lastMessage: text(fields.last_assistant_message).slice(0, 2_000),
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
        failure: undefined,
        permissionWanted: undefined,
        acceptedPrompts: [...activity.acceptedPrompts, hook.prompt],
      }
    case 'PermissionRequest':
      return { ...next, permissionWanted: hook.toolName || 'a tool' }
    case 'Stop':
      return { ...next, isBusy: false }
    case 'StopFailure':
      return { ...next, isBusy: false, failure: { error: hook.error, message: hook.lastMessage } }
    default:
      return next
  }
}

const maxChunkBytes = 4 * 1024 * 1024
const lineFeed = 0x0a

/** Follows one hook log from its beginning; each call reads what came since the last one. */
export function followHookLog(file: string): () => Promise<AgentActivity> {
  let activity = noActivity
  let offset = 0
  return async () => {
    const chunk = await readFrom(file, offset)
    // A line that is not ended yet is read again, whole, the next time.
    const length = chunk.lastIndexOf(lineFeed) + 1
    offset += length > 0 || chunk.length < maxChunkBytes ? length : chunk.length
    for (const line of chunk.toString('utf8', 0, length).split('\n')) {
      const hook = parseHook(line)
      if (hook) activity = applyHook(activity, hook)
    }
    return activity
  }
}

async function readFrom(file: string, offset: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(() => undefined)
  if (!handle) return Buffer.alloc(0)
  try {
    const { size } = await handle.stat()
    const length = Math.min(size - offset, maxChunkBytes)
    if (length <= 0) return Buffer.alloc(0)
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}
