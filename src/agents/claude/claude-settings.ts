import { shellQuote } from '../../world/shell-quote.ts'
import type { HookName } from './hook-log.ts'

/**
 * Tools that run unasked. They name no folder: a rule such as `Read(//<folder>/**)` would have to survive every
 * character of a path, and `Bash` alone can already do what the others do, anywhere (2.1.330). A build gives
 * the agent all the rights of this user.
 *
 * Still asked for, with these and partly with the bypass too: `Write` to `.claude/`, `.vscode/`, `.npmrc`,
 * `.git/hooks` and shell start-up files, `Bash` that redirects into those, and `rm -rf *`.
 */
const allowed = ['Bash', 'Write', 'Edit', 'NotebookEdit', 'Read', 'WebFetch', 'WebSearch']

/**
 * Each ends in a question to a human who is not there. `EnterPlanMode` too: with `ExitPlanMode` gone there is no
 * way back out of it, and every command then asks (2.1.330).
 */
const denied = ['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode']

/** The settings.json for `--settings`; the user's own settings and hooks stay in force beside it. */
export function renderSettings(hookLog: string, usageFile: string, model = ''): string {
  const settings = {
    // `env` wins over the environment's own ANTHROPIC_MODEL, which wins over `model` (2.1.330).
    ...(model === '' ? {} : { model, env: { ANTHROPIC_MODEL: model } }),
    // The dialog of `--dangerously-skip-permissions`; without that flag it changes nothing.
    skipDangerousModePermissionPrompt: true,
    // A suggested next prompt looks like typed text, and an Enter would submit it.
    promptSuggestionEnabled: false,
    permissions: { allow: allowed, deny: denied },
    hooks: renderHooks(hookLog),
    // Claude Code hands over the costs after each turn. The file is replaced in one step, because it is read at
    // any moment.
    statusLine: {
      type: 'command',
      command: `cat > ${shellQuote(`${usageFile}.tmp`)} && mv ${shellQuote(`${usageFile}.tmp`)} ${shellQuote(usageFile)}`,
    },
  }
  return `${JSON.stringify(settings, null, 2)}\n`
}

/**
 * Appends what the hook was given to the hook log in one write: `cat` would split what is longer than its buffer,
 * and two hooks may run at once. Claude Code gives one JSON line and ends it itself (2.1.330); its `Stop` carries
 * the whole last message. The shell is the agent's `$SHELL`.
 */
const appendInput = (hookLog: string): string =>
  `dd bs=16M iflag=fullblock oflag=append conv=notrunc status=none of=${shellQuote(hookLog)} || true`

/**
 * Tool hooks carry whole files and outputs (2.1.330: a `Write` of 1 MB is a line of 1 MB before it and of 2 MB
 * after it); as signs of life their name is enough. The input is read to its end, so that Claude Code meets no
 * broken pipe.
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
