import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isVisibleTo, requireAgentProgram } from '../agents/launch.ts'
import type { AgentProfile } from '../agents/profile.ts'
import { parseAgentOptions, requireProfile } from '../agents/profiles.ts'
import type { BuildPlace, BuildSettings } from '../domain/build-settings.ts'
import { isDeployed } from '../domain/decide-build.ts'
import { parseDuration } from '../domain/duration.ts'
import { usageError } from '../errors.ts'
import { pickEnvironment } from '../session/launch-script.ts'
import { type Build, listBuilds } from '../store/builds.ts'
import { ownCredentials } from '../targets/aws/aws-variables.ts'
import { packageRoot } from '../world/package-root.ts'
import type { Variables, World } from '../world/world.ts'
import type { App } from './open-app.ts'
import type { GivenValues, OptionValues } from './option-row.ts'
import { buildOptions, defaultCostThreshold, defaultVerifyTimeouts } from './options.ts'
import { readSources, resolveOptions } from './resolve-options.ts'
import { resolvePlace } from './resolve-place.ts'

/** What the caller chose for a build; everything else has its default. */
export interface BuildWish extends GivenValues<typeof buildOptions> {
  /** False: the address that the agent claims is believed. No variable and no config.yaml can switch this off. */
  readonly verify?: boolean
}

/** All that a build is started with, resolved once. */
export interface BuildPlan {
  readonly agent: string
  /** The caller named it, so that another one makes another request. */
  readonly isAgentExplicit: boolean
  readonly agentOptions: Record<string, string>
  readonly target: Build['target']
  readonly isTargetExplicit: boolean
  readonly settings: BuildSettings
  /** Where it deploys on `aws`; a local build has none. */
  readonly place: BuildPlace | undefined
  /** What the agent may see. */
  readonly agentEnvironment: Variables
}

/**
 * Resolves the wish with the world's environment, config.yaml and the defaults. Reasons: `usage` for a wrong
 * value, `not_ready` for an agent that is not installed.
 */
export async function planBuild(
  world: World,
  wish: BuildWish,
  /** What the session had before: a refinement goes on with it. */
  before?: Pick<Build, 'agent' | 'target' | 'agentOptions'>,
): Promise<BuildPlan> {
  const { agent, agentOptions, agentEnv, target, ...rest } = resolveOptions(buildOptions, {
    ...(await readSources(world)),
    given: { ...wish, agent: wish.agent ?? before?.agent, target: wish.target ?? before?.target },
  })
  const { awsProfile, region, clarificationStrategy, ...recorded } = rest
  const profile = await requireProfile(agent)
  const earlierOptions = before?.agent === agent ? before.agentOptions : {}
  const chosenOptions = parseAgentOptions(profile, agentOptions, earlierOptions)
  const chosenTarget = target ?? profile.defaultTarget
  requireAgentProgram(profile, world.env.PATH ?? '')
  const templates = await readOwnTemplates(world, recorded.templates)
  const costThreshold = recorded.costThreshold ?? templates?.costThreshold ?? defaultCostThreshold
  const settings = {
    ...recorded,
    costThreshold,
    verify: wish.verify !== false,
    verifyTimeoutMs:
      recorded.verifyTimeoutMs ??
      parseDuration(defaultVerifyTimeouts[chosenTarget], '--verify-timeout'),
    templates: templates?.folder ?? null,
    variables: {
      ...promptVariables(world, { awsProfile, region, clarificationStrategy }),
      max_cost_threshold: costThreshold,
    },
  }
  return {
    agent,
    isAgentExplicit: wish.agent !== undefined,
    agentOptions: chosenOptions,
    target: chosenTarget,
    isTargetExplicit: wish.target !== undefined,
    settings,
    place: chosenTarget === 'aws' ? await resolvePlace(settings) : undefined,
    agentEnvironment: pickAgentEnvironment(world, profile, agentEnv),
  }
}

/** The plan of a refinement: agent and target are those of what the session has deployed. */
export async function planRefinement(
  { world, store }: App,
  guid: string,
  wish: BuildWish,
): Promise<BuildPlan> {
  const builds = listBuilds(store, guid)
  // Where nothing is deployed the refinement is refused for that, and not for an agent that the user never named.
  return planBuild(world, wish, builds.findLast(isDeployed) ?? builds.at(-1))
}

/** What an agent that is started now may see, where the caller adds nothing. */
export async function agentEnvironmentNow(
  world: World,
  profile: AgentProfile,
): Promise<Record<string, string>> {
  const table = { agentEnv: buildOptions.agentEnv }
  const { agentEnv } = resolveOptions(table, await readSources(world))
  return pickAgentEnvironment(world, profile, agentEnv)
}

/** The allow-list and what the user adds. */
function pickAgentEnvironment(
  { env }: World,
  profile: AgentProfile,
  added: readonly string[],
): Record<string, string> {
  return pickEnvironment(env, (name) => isVisibleTo(profile, name) || added.includes(name))
}

/** Checks the user's templates folder now, because a broken one would otherwise be found after the hand-over. */
async function readOwnTemplates(
  world: World,
  folder: string | null,
): Promise<{ readonly folder: string; readonly costThreshold: number } | undefined> {
  if (folder === null) return undefined
  const path = resolve(world.cwd, folder)
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isDirectory())
    throw usageError(`There is no templates folder ${path}.`, 'Give a folder with --templates')
  const { checkTemplates } = await import('../prompts/render.ts')
  const { loadTemplates } = await import('../prompts/templates.ts')
  const templates = await loadTemplates(join(packageRoot, 'templates'), path)
  await checkTemplates(templates)
  const threshold = Number(templates.config.variables.max_cost_threshold)
  return {
    folder: path,
    costThreshold: Number.isFinite(threshold) ? threshold : defaultCostThreshold,
  }
}

/** Values for the prompts that win over those of prompt_config.yaml, which has the defaults. */
function promptVariables(
  { env }: World,
  chosen: Pick<
    OptionValues<typeof buildOptions>,
    'awsProfile' | 'region' | 'clarificationStrategy'
  >,
): Record<string, string> {
  const variables: Record<string, string> = {}
  if (chosen.awsProfile !== null) variables.aws_profile = chosen.awsProfile
  // Credentials of the environment, as CI has them, win over a default profile, not over a chosen one.
  else if (ownCredentials.some((name) => env[name])) variables.aws_profile = ''
  else if (env.AWS_PROFILE) variables.aws_profile = env.AWS_PROFILE
  if (chosen.region !== null) variables.default_region = chosen.region
  if (chosen.clarificationStrategy !== null)
    variables.clarification_strategy = chosen.clarificationStrategy
  return variables
}
