import type { ActivityPlace, ActivityWatch } from './activity.ts'

/**
 * What differs between agent programs, as data. Facts about each program stand beside its profile.
 *
 * Arguments and environment values may hold placeholders: `{conversation}` the agent's own session id (a UUID),
 * `{message}` the one-line first message, `{workspace}`, `{prompts}` and `{agent_folder}` absolute folders,
 * `{hook_log}` the file its hooks append to, `{settings_file}` the settings that we generate, `{usage_file}` where
 * its accounting goes, `{option:NAME}` an `--agent-option`.
 */
export interface AgentProfile {
  readonly name: string
  /** How to start the program: looked up on the PATH of the build's starter, or absolute. */
  readonly command: readonly string[]
  /** Where its builds go unless the user says. */
  readonly defaultTarget: 'aws' | 'local'
  /** What to say when the program is missing. */
  readonly installHint: string
  /** Arguments for a new conversation, and for one that goes on. */
  readonly startArgs: readonly string[]
  readonly resumeArgs: readonly string[]
  /** Set for the agent whatever the caller's environment says. */
  readonly environment: Readonly<Record<string, string>>
  /** What it needs of the environment of the build's starter, beside what every agent may see. */
  readonly visible: VisibleVariables
  /** Names of `--agent-option`s, each with its default and the values it takes (`null`: any). */
  readonly options: Readonly<Record<string, AgentOption>>
  /** Where, below the workspace, the program looks for skills; `undefined`: nowhere. */
  readonly skillsFolder: string | undefined
  /** Makes the files that the program needs for a start without a dialog. */
  prepare(place: AgentPlace): Promise<void>
  /** How long from its start until it is ready at worst, on a loaded machine. */
  readonly startTimeoutMs: number
  /** The adapter that turns the program's own words into what the supervisor decides by. */
  watchActivity(place: ActivityPlace): ActivityWatch
}

/** Variables of an environment, by their names. */
export interface VisibleVariables {
  readonly names: readonly string[]
  readonly prefixes: readonly string[]
  /** Never visible, although a prefix names them. */
  readonly hidden: readonly string[]
}

export interface AgentOption {
  readonly default: string
  readonly values: readonly string[] | null
  /** A regular expression that the whole value must fit, where any value is taken otherwise. */
  readonly pattern?: string
  readonly description: string
  /** Arguments that a value adds in front of the others. */
  readonly args?: Readonly<Record<string, readonly string[]>>
}

/** Where an agent runs and what it may see; absolute paths. */
export interface AgentPlace {
  readonly workspace: string
  readonly agentFolder: string
  readonly promptsFolder: string
  readonly hookLog: string
  readonly settingsFile: string
  /** Where its accounting goes: `cost.total_cost_usd` and token counts, as Claude Code's status line gets them. */
  readonly usageFile: string
  /** The whole environment of the agent's process. */
  readonly environment: Readonly<Record<string, string>>
  readonly options: Readonly<Record<string, string>>
}
