import type { AgentPlace, AgentProfile } from './profile.ts'

/** What the placeholders of a profile stand for in one launch. */
export interface LaunchValues {
  readonly place: AgentPlace
  readonly conversation: string
  readonly message: string
}

/** Puts values into a profile's arguments; an unknown placeholder is a bug of the profile. */
export function fillArgs(args: readonly string[], values: LaunchValues): string[] {
  const { place } = values
  const known: Readonly<Record<string, string>> = {
    conversation: values.conversation,
    message: values.message,
    workspace: place.workspace,
    prompts: place.promptsFolder,
    agent_folder: place.agentFolder,
    hook_log: place.hookLog,
    settings_file: place.settingsFile,
    usage_file: place.usageFile,
  }
  return args.map((arg) =>
    arg.replace(/\{([a-z_]+)(?::([a-z-]+))?\}/g, (placeholder, name: string, option?: string) => {
      const value = name === 'option' ? place.options[option ?? ''] : known[name]
      if (value === undefined) throw new Error(`unknown placeholder ${placeholder}`)
      return value
    }),
  )
}

/** The agent's whole argv for a new conversation, or for one that goes on. */
export function agentArgv(
  profile: AgentProfile,
  values: LaunchValues,
  isResumed: boolean,
): string[] {
  const chosen = Object.entries(profile.options).flatMap(
    ([name, option]) => option.args?.[values.place.options[name] ?? ''] ?? [],
  )
  const args = isResumed ? profile.resumeArgs : profile.startArgs
  return [...profile.command, ...fillArgs([...chosen, ...args], values)]
}
