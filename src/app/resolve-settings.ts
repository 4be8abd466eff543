import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  type BuildSettings,
  type Proof,
  proofs,
  type QuestionPolicy,
  questionPolicies,
} from '../domain/build-settings.ts'
import { parseDuration } from '../domain/duration.ts'
import { usageError } from '../errors.ts'
import type { Build } from '../store/builds.ts'
import { ownCredentials } from '../targets/aws/aws-variables.ts'
import { parseConnectTo } from '../verify/connect-to.ts'
import { packageRoot } from '../world/package-root.ts'
import type { World } from '../world/world.ts'
import { parseAwsProfile, parseRegion } from './aws-flags.ts'
import type { Settings } from './settings.ts'

/** The options of the commands that start a build, as commander gives them. */
export interface BuildFlags {
  readonly agent?: string
  readonly agentOption?: readonly string[]
  readonly agentEnv?: readonly string[]
  readonly target?: string
  readonly timeout?: string
  readonly maxAttempts?: string
  readonly attemptTimeout?: string
  readonly stallTimeout?: string
  readonly retryDelay?: string
  readonly waitForLimit?: string
  readonly budgetUsd?: string
  readonly onQuestion?: string
  readonly approvalTimeout?: string
  /** `--no-verify` makes it false. */
  readonly verify?: boolean
  readonly verifyTimeout?: string
  readonly connectTo?: readonly string[]
  readonly domain?: readonly string[]
  readonly templates?: string
  readonly awsProfile?: string
  readonly awsAccount?: readonly string[]
  readonly awsAgentRole?: string
  readonly requireProof?: string
  readonly region?: string
  readonly maxCostThreshold?: string
  readonly clarificationStrategy?: string
}

const defaultVerifyTimeout = { aws: '35m', local: '30s' } as const
const defaultMaxAttempts = '3'
const maxAttemptsLimit = 100
/** US dollars a month, as in our prompt_config.yaml. */
const defaultCostThreshold = 100

type DurationName =
  | 'timeout'
  | 'stall_timeout'
  | 'retry_delay'
  | 'wait_for_limit'
  | 'approval_timeout'
  | 'verify_timeout'

/** Flag, environment, config.yaml, default: each once, for the build's record. */
export async function resolveBuildSettings(
  world: World,
  settings: Settings,
  flags: BuildFlags,
  target: Build['target'],
): Promise<BuildSettings> {
  const connectTo = settings.list('connect_to', flags.connectTo)
  connectTo.forEach(parseConnectTo)
  const duration = (name: DurationName, flag: string | undefined, fallback: string) =>
    parseDuration(settings.text(name, flag) ?? fallback, `--${name.replaceAll('_', '-')}`)
  const attemptTimeout = settings.text('attempt_timeout', flags.attemptTimeout)
  const budget = settings.text('budget_usd', flags.budgetUsd)
  const templates = await readOwnTemplates(world, settings.text('templates', flags.templates))
  const role = settings.text('aws_agent_role', flags.awsAgentRole)
  const threshold = settings.text('max_cost_threshold', flags.maxCostThreshold)
  const costThreshold =
    threshold === undefined
      ? (templates?.costThreshold ?? defaultCostThreshold)
      : parseDollars(threshold, '--max-cost-threshold 100')
  return {
    timeoutMs: duration('timeout', flags.timeout, '4h'),
    attemptTimeoutMs:
      attemptTimeout === undefined ? null : parseDuration(attemptTimeout, '--attempt-timeout'),
    stallTimeoutMs: duration('stall_timeout', flags.stallTimeout, '15m'),
    retryDelayMs: duration('retry_delay', flags.retryDelay, '5s'),
    limitWaitMs: duration('wait_for_limit', flags.waitForLimit, '6h'),
    approvalTimeoutMs: duration('approval_timeout', flags.approvalTimeout, '24h'),
    budgetDollars: budget === undefined ? null : parseBudget(budget),
    questionPolicy: parseQuestionPolicy(settings.text('on_question', flags.onQuestion) ?? 'wait'),
    costThreshold,
    maxAttempts: parseMaxAttempts(
      settings.text('max_attempts', flags.maxAttempts) ?? defaultMaxAttempts,
    ),
    verify: flags.verify !== false,
    verifyTimeoutMs: duration('verify_timeout', flags.verifyTimeout, defaultVerifyTimeout[target]),
    connectTo,
    domains: settings.list('domains', flags.domain).map(parseDomain),
    awsAccounts: settings.list('aws_accounts', flags.awsAccount).map(parseAwsAccount),
    awsAgentRole: role === undefined ? null : parseRole(role),
    requireProof: parseProof(settings.text('require_proof', flags.requireProof) ?? 'live'),
    templates: templates?.folder ?? null,
    variables: { ...promptVariables(world, settings, flags), max_cost_threshold: costThreshold },
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

function parseAwsAccount(text: string): string {
  if (/^\d{12}$/.test(text)) return text
  throw usageError(
    `Not the id of an AWS account: ${JSON.stringify(text)}.`,
    'Give --aws-account with its 12 digits',
  )
}

function parseRole(text: string): string {
  if (/^arn:aws(-[a-z]+)*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/.test(text)) return text
  throw usageError(
    `Not the ARN of a role: ${JSON.stringify(text)}.`,
    'Give --aws-agent-role arn:aws:iam::123456789012:role/NAME',
  )
}

function parseProof(text: string): Proof {
  const proof = proofs.find((one) => one === text)
  if (proof) return proof
  throw usageError(
    `Unknown proof: ${JSON.stringify(text)}.`,
    `Known are, from weak to strong: ${proofs.join(', ')}`,
  )
}

function parseDomain(domain: string): string {
  const host = domain.trim().toLowerCase()
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/.test(host))
    throw usageError(`Not a host name: ${JSON.stringify(domain)}.`, 'Give --domain app.example.com')
  return host
}

/** A templates folder of the user's, checked: a broken one would only be found when everything is made already. */
async function readOwnTemplates(
  world: World,
  folder: string | undefined,
): Promise<{ readonly folder: string; readonly costThreshold: number } | undefined> {
  if (folder === undefined) return undefined
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

function promptVariables(
  { env }: World,
  settings: Settings,
  flags: BuildFlags,
): Record<string, string | number> {
  const variables: Record<string, string | number> = {}
  const profile = settings.text('aws_profile', flags.awsProfile)
  const region = settings.text('region', flags.region)
  const strategy = settings.text('clarification_strategy', flags.clarificationStrategy)
  if (profile !== undefined) variables.aws_profile = parseAwsProfile(profile)
  // Named by nobody: the environment's own credentials, as CI has them, win over the default profile.
  else if (ownCredentials.some((name) => env[name])) variables.aws_profile = ''
  else if (env.AWS_PROFILE) variables.aws_profile = env.AWS_PROFILE
  if (region !== undefined) variables.default_region = parseRegion(region)
  if (strategy !== undefined) variables.clarification_strategy = parseStrategy(strategy)
  return variables
}

function parseDollars(text: string, example: string): number {
  if (!/^\d+(\.\d+)?$/.test(text))
    throw usageError(`Not an amount of dollars: ${JSON.stringify(text)}.`, `Give ${example}`)
  return Number(text)
}

/** Nothing can be built for nothing. */
function parseBudget(text: string): number {
  const dollars = parseDollars(text, '--budget-usd 5')
  if (dollars > 0) return dollars
  throw usageError('A budget of 0 dollars lets no agent work.', 'Give --budget-usd 5')
}

function parseQuestionPolicy(text: string): QuestionPolicy {
  const policy = questionPolicies.find((one) => one === text)
  if (policy) return policy
  throw usageError(
    `Unknown way to treat questions: ${JSON.stringify(text)}.`,
    `Known are: ${questionPolicies.join(', ')}`,
  )
}

function parseStrategy(text: string): string {
  if (text === 'autonomous' || text === 'ask') return text
  throw usageError(
    `Unknown clarification strategy: ${JSON.stringify(text)}.`,
    'Known are: autonomous, ask',
  )
}
