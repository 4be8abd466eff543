import { shellQuote } from '../../world/shell-quote.ts'
import type { HookName } from '../profile.ts'

/**
 * Appends what the hook was given to the hook log in one write: `cat` would split what is longer than its buffer, and
 * two hooks may run at once. Claude Code gives one JSON line and ends it itself (2.1.330); its `Stop` carries the whole
 * last message. The shell is the agent's `$SHELL`.
 */
const appendInput = (hookLog: string): string =>
  `dd bs=16M iflag=fullblock oflag=append conv=notrunc status=none of=${shellQuote(hookLog)} || true`

/**
 * Tool hooks carry whole files and outputs (2.1.330: a `Write` of 1 MB is a line of 1 MB before it and of 2 MB after
 * it); as signs of life their name is enough. The input is read to its end: nobody meets a broken pipe.
 */
const appendName = (hook: HookName, hookLog: string): string =>
  `cat > /dev/null; echo ${shellQuote(JSON.stringify({ hook_event_name: hook }))} >> ${shellQuote(hookLog)} || true`

/** Hooks whose content is read, and hooks that only show that the program is at work. */
const read = [
  'SessionStart',
  'UserPromptSubmit',
  'PermissionRequest',
  'Notification',
  'Stop',
  'StopFailure',
  'SessionEnd',
] as const satisfies readonly HookName[]
const signsOfLife = [
  'PreToolUse',
  'PostToolUse',
  'PostToolUseFailure',
] as const satisfies readonly HookName[]

/** The `hooks` of our settings: each appends one line, whatever happens, says nothing and decides nothing. */
export function renderHooks(hookLog: string): Record<HookName, unknown> {
  const entry = (command: string) => [{ hooks: [{ type: 'command', command, timeout: 10 }] }]
  return {
    ...(Object.fromEntries(read.map((hook) => [hook, entry(appendInput(hookLog))])) as Record<
      (typeof read)[number],
      unknown
    >),
    ...(Object.fromEntries(
      signsOfLife.map((hook) => [hook, entry(appendName(hook, hookLog))]),
    ) as Record<(typeof signsOfLife)[number], unknown>),
  }
}
