import { isAllowedForAgents } from '../agents/environment.ts'
import { requireAgentProgram } from '../agents/find-program.ts'
import { defaultAgent, parseAgentOptions, requireProfile } from '../agents/profiles.ts'
import type { BuildPlace, BuildSettings } from '../domain/build-settings.ts'
import { usageError } from '../errors.ts'
import { pickEnvironment } from '../session/launch-environment.ts'
import type { Build } from '../store/builds.ts'
import type { World } from '../world/world.ts'
import { resolvePlace } from './resolve-place.ts'
import { type BuildFlags, resolveBuildSettings } from './resolve-settings.ts'
import type { Settings } from './settings.ts'

/** All that a build is started with, resolved once. */
export interface BuildPlan {
  readonly agent: string
  /** Named by a flag, so that another one makes another request. */
  readonly isAgentExplicit: boolean
  readonly agentOptions: Record<string, string>
  readonly target: Build['target']
  readonly isTargetExplicit: boolean
  readonly settings: BuildSettings
  /** Where it deploys on `aws`; a local build has none. */
  readonly place: BuildPlace | undefined
  /** What the agent may see. */
  readonly agentEnvironment: Readonly<Record<string, string>>
}

export async function planBuild(
  world: World,
  settings: Settings,
  flags: BuildFlags,
  /** What the session had before: a refinement goes on with it. */
  before: Pick<Build, 'agent' | 'target' | 'agentOptions'> | undefined,
): Promise<BuildPlan> {
  const agent = settings.text('agent', flags.agent ?? before?.agent) ?? defaultAgent
  const profile = await requireProfile(agent)
  const optionTexts = settings.list('agent_options', flags.agentOption)
  const agentOptions = parseAgentOptions(
    profile,
    optionTexts,
    before?.agent === agent ? before.agentOptions : {},
  )
  const target = parseTarget(
    settings.text('target', flags.target ?? before?.target) ?? profile.defaultTarget,
  )
  requireAgentProgram(profile, world.env.PATH ?? '')
  const buildSettings = await resolveBuildSettings(world, settings, flags, target)
  return {
    agent,
    isAgentExplicit: flags.agent !== undefined,
    agentOptions,
    target,
    isTargetExplicit: flags.target !== undefined,
    settings: buildSettings,
    place: target === 'aws' ? await resolvePlace(buildSettings) : undefined,
    agentEnvironment: agentEnvironmentNow(world, settings, flags.agentEnv),
  }
}

/** What an agent that is started now may see: the allow-list and what the user adds. */
export function agentEnvironmentNow(
  world: World,
  settings: Settings,
  flag: readonly string[] | undefined,
): Record<string, string> {
  const extraNames = settings.list('agent_env', flag).map(parseVariableName)
  return pickEnvironment(world.env, (name) => isAllowedForAgents(name) || extraNames.includes(name))
}

function parseVariableName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return name
  throw usageError(
    `Not the name of a variable: ${JSON.stringify(name)}.`,
    'Give --agent-env NAME; its value is taken from the environment',
  )
}

function parseTarget(target: string): Build['target'] {
  if (target === 'aws' || target === 'local') return target
  throw usageError(`Unknown target: ${JSON.stringify(target)}.`, 'Known are: aws, local')
}
