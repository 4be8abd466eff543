import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isAllowedForAgents } from '../agents/environment.ts'
import { requireAgentProgram } from '../agents/find-program.ts'
import { parseAgentOptions, requireProfile } from '../agents/profiles.ts'
import type { Context } from '../context.ts'
import type { BuildSettings } from '../domain/build-settings.ts'
import { parseDuration } from '../domain/duration.ts'
import { usageError } from '../errors.ts'
import { packageRoot } from '../package-root.ts'
import { pickEnvironment } from '../session/launch-environment.ts'
import type { Settings } from '../settings.ts'
import type { Build } from '../store/builds.ts'
import { parseConnectTo } from '../verify/connect-to.ts'

/** The options of the commands that start a build, as commander gives them. */
export interface BuildFlags {
  readonly agent?: string
  readonly agentOption?: readonly string[]
  readonly agentEnv?: readonly string[]
  readonly target?: string
  readonly timeout?: string
  readonly maxAttempts?: string
  /** `--no-verify` makes it false. */
  readonly verify?: boolean
  readonly verifyTimeout?: string
  readonly connectTo?: readonly string[]
  readonly domain?: readonly string[]
  readonly templates?: string
  readonly awsProfile?: string
  readonly region?: string
  readonly maxCostThreshold?: string
  readonly clarificationStrategy?: string
}

/** All that a build is started with, resolved once. */
export interface BuildPlan {
  readonly agent: string
  /** Named by a flag, so that another one makes another request. */
  readonly isAgentExplicit: boolean
  readonly agentOptions: Record<string, string>
  readonly target: Build['target']
  readonly isTargetExplicit: boolean
  readonly settings: BuildSettings
  /** What the agent may see. */
  readonly agentEnvironment: Readonly<Record<string, string>>
}

const defaultTimeout = '4h'
const defaultVerifyTimeout = { aws: '35m', local: '30s' } as const
const defaultMaxAttempts = '3'
const maxAttemptsLimit = 100

export async function planBuild(
  context: Context,
  settings: Settings,
  flags: BuildFlags,
  /** What the session had before: a refinement goes on with it. */
  before: Pick<Build, 'agent' | 'target' | 'agentOptions'> | undefined,
): Promise<BuildPlan> {
  const agent = settings.text('agent', flags.agent ?? before?.agent) ?? 'claude'
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
  requireAgentProgram(profile, context.env.PATH ?? '')
  const extraNames = settings.list('agent_env', flags.agentEnv).map(parseVariableName)
  return {
    agent,
    isAgentExplicit: flags.agent !== undefined,
    agentOptions,
    target,
    isTargetExplicit: flags.target !== undefined,
    settings: await buildSettings(context, settings, flags, target),
    agentEnvironment: pickEnvironment(
      context.env,
      (name) => isAllowedForAgents(name) || extraNames.includes(name),
    ),
  }
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

async function buildSettings(
  context: Context,
  settings: Settings,
  flags: BuildFlags,
  target: Build['target'],
): Promise<BuildSettings> {
  const connectTo = settings.list('connect_to', flags.connectTo)
  connectTo.forEach(parseConnectTo)
  return {
    timeoutMs: parseDuration(
      settings.text('timeout', flags.timeout) ?? defaultTimeout,
      '--timeout',
    ),
    maxAttempts: parseMaxAttempts(
      settings.text('max_attempts', flags.maxAttempts) ?? defaultMaxAttempts,
    ),
    verify: flags.verify !== false,
    verifyTimeoutMs: parseDuration(
      settings.text('verify_timeout', flags.verifyTimeout) ?? defaultVerifyTimeout[target],
      '--verify-timeout',
    ),
    connectTo,
    domains: settings.list('domains', flags.domain).map(parseDomain),
    templates: await findTemplates(context, settings.text('templates', flags.templates)),
    variables: promptVariables(settings, flags),
  }
}

function parseMaxAttempts(text: string): number {
  const attempts = /^\d+$/.test(text) ? Number(text) : 0
  if (attempts < 1 || attempts > maxAttemptsLimit)
    throw usageError(
      `Not a number of attempts: ${JSON.stringify(text)}.`,
      `Give --max-attempts 1 to ${maxAttemptsLimit}`,
    )
  return attempts
}

function parseDomain(domain: string): string {
  const host = domain.trim().toLowerCase()
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(host))
    throw usageError(`Not a host name: ${JSON.stringify(domain)}.`, 'Give --domain app.example.com')
  return host
}

async function findTemplates(context: Context, folder: string | undefined): Promise<string | null> {
  if (folder === undefined) return null
  const path = resolve(context.cwd, folder)
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isDirectory())
    throw usageError(`There is no templates folder ${path}.`, 'Give a folder with --templates')
  // A broken one would only be found by the supervisor, when everything is made already.
  const { checkTemplates } = await import('../prompts/render.ts')
  const { loadTemplates } = await import('../prompts/templates.ts')
  await checkTemplates(await loadTemplates(join(packageRoot, 'templates'), path))
  return path
}

function promptVariables(settings: Settings, flags: BuildFlags): Record<string, string | number> {
  const variables: Record<string, string | number> = {}
  const profile = settings.text('aws_profile', flags.awsProfile)
  const region = settings.text('region', flags.region)
  const threshold = settings.text('max_cost_threshold', flags.maxCostThreshold)
  const strategy = settings.text('clarification_strategy', flags.clarificationStrategy)
  if (profile !== undefined) variables.aws_profile = parseAwsProfile(profile)
  if (region !== undefined) variables.default_region = parseRegion(region)
  if (threshold !== undefined) variables.max_cost_threshold = parseDollars(threshold)
  if (strategy !== undefined) variables.clarification_strategy = parseStrategy(strategy)
  return variables
}

function parseAwsProfile(text: string): string {
  if (/^[^\x00-\x1f\x7f[\]]{1,128}$/.test(text) && text.trim() !== '') return text
  throw usageError(
    `Not an AWS profile’s name: ${JSON.stringify(text)}.`,
    'Give --aws-profile as it stands in ~/.aws/config',
  )
}

function parseRegion(text: string): string {
  if (/^[a-z]{2,}(-[a-z0-9]+)+$/.test(text)) return text
  throw usageError(`Not an AWS region: ${JSON.stringify(text)}.`, 'Give --region us-east-1')
}

function parseDollars(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text))
    throw usageError(
      `Not an amount of dollars: ${JSON.stringify(text)}.`,
      'Give --max-cost-threshold 100',
    )
  return Number(text)
}

function parseStrategy(text: string): string {
  if (text === 'autonomous' || text === 'ask') return text
  throw usageError(
    `Unknown clarification strategy: ${JSON.stringify(text)}.`,
    'Known are: autonomous, ask',
  )
}
