import { shellQuote } from '../../world/shell-quote.ts'
import { renderHooks } from './hooks.ts'

/**
 * Tools that run unasked. They name no folder: a rule such as `Read(//<folder>/**)` would have to survive every
 * character of a path, and `Bash` alone can already do what the others do, anywhere (2.1.330). Whoever runs a build gives
 * the agent all the rights of this user.
 *
 * Still asked for, with these and partly with the bypass too: `Write` to `.claude/`, `.vscode/`, `.npmrc`, `.git/hooks`
 * and shell start-up files, `Bash` that redirects into those, and `rm -rf *`.
 */
const allowed = ['Bash', 'Write', 'Edit', 'NotebookEdit', 'Read', 'WebFetch', 'WebSearch']

/**
 * Each ends in a question to a human who is not there. `EnterPlanMode` too: with `ExitPlanMode` gone there is no way back
 * out of it, and every command then asks (2.1.330).
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
    // It gets the costs after each turn; replaced in one step, as it is read at any moment.
    statusLine: {
      type: 'command',
      command: `cat > ${shellQuote(`${usageFile}.tmp`)} && mv ${shellQuote(`${usageFile}.tmp`)} ${shellQuote(usageFile)}`,
    },
  }
  return `${JSON.stringify(settings, null, 2)}\n`
}
