import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** What the agent tells whoever watches it, with the names and fields of Claude Code's hooks. */
export type HookEvent =
  | { readonly name: 'SessionStart'; readonly source: 'startup' | 'resume' }
  | { readonly name: 'UserPromptSubmit'; readonly prompt: string }
  | {
      readonly name: 'PreToolUse' | 'PostToolUse' | 'PermissionRequest'
      readonly tool_name: string
    }
  | { readonly name: 'PostToolUseFailure'; readonly tool_name: string; readonly error: string }
  | { readonly name: 'Stop'; readonly last_assistant_message: string }
  | {
      readonly name: 'StopFailure'
      readonly error: string
      readonly last_assistant_message: string
    }
  | { readonly name: 'SessionEnd'; readonly reason: string }

export type TellHook = (event: HookEvent) => void

/** Appends each event as one line, in one write, so that lines of several writers never mix. */
export function openHookLog(file: string, common: Readonly<Record<string, string>>): TellHook {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  return ({ name, ...fields }) => {
    const line = `${JSON.stringify({ hook_event_name: name, ...common, ...fields })}\n`
    // Opened anew each time: whoever reads the log may have moved it away.
    const handle = openSync(file, 'a', 0o600)
    try {
      writeSync(handle, line)
    } finally {
      closeSync(handle)
    }
  }
}
