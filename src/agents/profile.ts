import type { Variables } from '../world/world.ts'
import type { ActivityPlace, ActivityWatch } from './activity.ts'

/**
 * Everything that differs between agent programs, as data. Facts about a program are noted in its profile.
 *
 * Arguments and environment values may hold placeholders: `{conversation}` the agent's own session id (a UUID),
 * `{message}` the one-line first message, `{workspace}`, `{prompts}` and `{agent_folder}` absolute folders,
 * `{hook_log}` the file its hooks append to, `{settings_file}` the settings that `prepare` generates,
 * `{usage_file}` the file that its accounting goes to, `{option:NAME}` an `--agent-option`.
 */
export interface AgentProfile {
  readonly name: string
  /** The program and its first arguments. Unless absolute, it is looked up on the PATH of the build's starter. */
  readonly command: readonly string[]
  /** The target of its builds if the user names none. */
  readonly defaultTarget: 'aws' | 'local'
  /** The hint that users see when the program is missing. */
  readonly installHint: string
  /** Arguments for a new conversation, and for a resumed one. */
  readonly startArgs: readonly string[]
  readonly resumeArgs: readonly string[]
  /** Variables that the agent always gets, even if the caller's environment has other values. */
  readonly environment: Variables
  /** Variables of the starter's environment that it needs besides those that every agent may see. */
  readonly visible: VisibleVariables
  /** The `--agent-option`s by name, each with its default and its allowed values (`null`: any). */
  readonly options: Readonly<Record<string, AgentOption>>
  /** The folder below the workspace where the program looks for skills; `undefined`: it has none. */
  readonly skillsFolder: string | undefined
  /** Makes the files without which the program would open a dialog when it starts. */
  prepare(place: AgentPlace): Promise<void>
  /** How long it may take until it is ready, on a loaded machine. */
  readonly startTimeoutMs: number
  /** The adapter that turns the program's own words into what the supervisor decides by. */
  watchActivity(place: ActivityPlace): ActivityWatch
}

/** A selection of environment variables by name. */
export interface VisibleVariables {
  readonly names: readonly string[]
  readonly prefixes: readonly string[]
  /** Names that stay hidden although a prefix matches them. */
  readonly hidden: readonly string[]
}

export interface AgentOption {
  readonly default: string
  readonly values: readonly string[] | null
  /** A regular expression that the whole value must match, for options without a list of values. */
  readonly pattern?: string
  readonly description: string
  /** Arguments that a chosen value adds before all others. */
  readonly args?: Readonly<Record<string, readonly string[]>>
}

/** Where an agent runs and what it may see. All paths are absolute. */
export interface AgentPlace {
  readonly workspace: string
  readonly agentFolder: string
  readonly promptsFolder: string
  readonly hookLog: string
  readonly settingsFile: string
  /** Gets its accounting: `cost.total_cost_usd` and token counts, in the format of Claude Code's status line. */
  readonly usageFile: string
  /** The whole environment of the agent's process. */
  readonly environment: Variables
  readonly options: Readonly<Record<string, string>>
}
