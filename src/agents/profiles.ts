import { usageError } from '../errors.ts'
import type { AgentProfile } from './profile.ts'

const loaders: Readonly<Record<string, () => Promise<AgentProfile>>> = {
  claude: async () => (await import('./claude/claude-profile.ts')).claude,
  demo: async () => (await import('./demo-profile.ts')).demo,
}

export const defaultAgent = 'claude'

export const agentNames: readonly string[] = Object.keys(loaders)

/** Exit 2 for a name that no profile has. */
export async function requireProfile(name: string): Promise<AgentProfile> {
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined
  if (!load)
    throw usageError(
      `Unknown agent: ${JSON.stringify(name)}.`,
      `Known agents: ${agentNames.join(', ')}`,
    )
  return load()
}

/** Turns `NAME=VALUE` texts into values for all of the profile's options. Exit 2 for a bad name or value. */
export function parseAgentOptions(
  profile: AgentProfile,
  texts: readonly string[],
  /** An option that `texts` do not name keeps its value from here, or else gets its default. */
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, option] of Object.entries(profile.options))
    values[name] = before[name] ?? option.default
  for (const text of texts) {
    const [name = '', ...rest] = text.split('=')
    const option = Object.hasOwn(profile.options, name) ? profile.options[name] : undefined
    const value = rest.join('=')
    if (!option || rest.length === 0)
      throw usageError(
        `The agent ${profile.name} has no option ${JSON.stringify(text)}.`,
        `Give NAME=VALUE; its options are: ${Object.keys(profile.options).join(', ') || 'none'}`,
      )
    if (option.values && !option.values.includes(value))
      throw usageError(
        `${name} of the agent ${profile.name} cannot be ${JSON.stringify(value)}.`,
        `It takes: ${option.values.join(', ')}`,
      )
    if (option.pattern && !new RegExp(`^(?:${option.pattern})$`).test(value))
      throw usageError(
        `${name} of the agent ${profile.name} cannot be ${JSON.stringify(value)}.`,
        `${option.description} (default ${option.default})`,
      )
    values[name] = value
  }
  return values
}
