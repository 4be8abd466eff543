import { shellQuote } from '../../world/shell-quote.ts'
import type { HookName } from './hook-log.ts'

/**
 * Tools that run without a question. The rules name no folder: `Read(//<folder>/**)` would need escapes for
 * special characters in paths, and `Bash` alone can do everything the others do, anywhere (2.1.330). A build
 * gives the agent all the rights of this user.
 *
 * Claude Code still asks before it writes to `.claude/`, `.vscode/`, `.npmrc`, `.git/hooks` and shell start-up
 * files, also by a redirection in `Bash`, and before `rm -rf *`. For some of these it asks even with the bypass.
 */
const allowed = ['Bash', 'Write', 'Edit', 'NotebookEdit', 'Read', 'WebFetch', 'WebSearch']

/**
 * Tools that would ask a human, and no human is there. `EnterPlanMode` is denied too: without `ExitPlanMode` the
 * agent could not leave the plan mode, in which every command asks (2.1.330).
 */
const denied = ['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode']

/** The settings.json for `--settings`. The user's own settings and hooks stay in force. */
export function renderSettings(hookLog: string, usageFile: string, model = ''): string {
  const settings = {
    // `env` wins over the environment's own ANTHROPIC_MODEL, which wins over `model` (2.1.330).
    ...(model === '' ? {} : { model, env: { ANTHROPIC_MODEL: model } }),
    // This skips the dialog of `--dangerously-skip-permissions`; without that flag it changes nothing.
    skipDangerousModePermissionPrompt: true,
    // Suggestions are off, because a suggested prompt looks like typed text and Enter would submit it.
    promptSuggestionEnabled: false,
    permissions: { allow: allowed, deny: denied },
    hooks: renderHooks(hookLog),
    // Claude Code passes the costs to this command after each turn. The file may be read at any moment, so it is
    // replaced in one step.
    statusLine: {
      type: 'command',
      command: `cat > ${shellQuote(`${usageFile}.tmp`)} && mv ${shellQuote(`${usageFile}.tmp`)} ${shellQuote(usageFile)}`,
    },
  }
  return `${JSON.stringify(settings, null, 2)}\n`
}

/**
 * A shell command that appends the hook's input to the hook log in one write. Two hooks may run at once, and
 * `cat` would split an input that is longer than its buffer. Claude Code passes one JSON line with its line feed
 * (2.1.330); `Stop` holds the whole last message. The agent's `$SHELL` runs the command.
 */
const appendInput = (hookLog: string): string =>
  `dd bs=16M iflag=fullblock oflag=append conv=notrunc status=none of=${shellQuote(hookLog)} || true`

/**
 * A shell command that appends only the hook's name, which is enough as a sign of life. Tool hooks carry whole
 * files and outputs: a `Write` of 1 MB makes a line of 1 MB before and of 2 MB after it (2.1.330). The input is
 * read to its end so that Claude Code gets no broken pipe.
 */
const appendName = (hook: HookName, hookLog: string): string =>
  `cat > /dev/null; echo ${shellQuote(JSON.stringify({ hook_event_name: hook }))} >> ${shellQuote(hookLog)} || true`

/** Hooks whose content is read. The others only show that the program is working. */
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

/** The `hooks` of the settings. Each appends one line; none prints anything, fails or decides anything. */
function renderHooks(hookLog: string): Record<HookName, unknown> {
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
