import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test, vi } from 'vitest'
import type { BuildPlan } from '../../../src/app/build-options.ts'
import type { StartInput } from '../../../src/app/start-build.ts'
import type { Context } from '../../../src/cli/context.ts'
import { runCli } from '../../../src/cli/run-cli.ts'

const started: StartInput[] = []
vi.mock('../../../src/cli/run-build-command.ts', () => ({
  runBuildCommand: async (...args: readonly unknown[]) => {
    started.push(args[2] as StartInput)
    return 0
  },
}))

/** Resolves what `register` would start a build with. */
async function planOf(
  flags: readonly string[],
  variables: Record<string, string>,
  config: string,
): Promise<BuildPlan> {
  const folder = mkdtempSync(join(tmpdir(), 'precedence-'))
  mkdirSync(join(folder, 'tmux-builder'))
  writeFileSync(join(folder, 'tmux-builder/config.yaml'), config)
  const context = {
    env: {
      PATH: process.env.PATH,
      XDG_CONFIG_HOME: folder,
      TMUX_BUILDER_HOME: join(folder, 'home'),
      ...variables,
    },
    cwd: folder,
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    signal: new AbortController().signal,
  } as unknown as Context
  const identity = ['--email', 'test@example.com', '--phone', '+15551234567']
  const common = ['--agent', 'demo', '--request', 'Build a todo app']
  started.length = 0
  const argv = ['register', ...identity, ...common, ...flags]
  expect(await runCli(argv, context, { version: '0.0.0' })).toBe(0)
  const [request] = started
  if (!request) throw new Error('no build was started')
  return request.plan
}

interface Row {
  readonly kind: string
  readonly flags: readonly string[]
  readonly variable: readonly [name: string, text: string]
  readonly config: string
  readonly of: (plan: BuildPlan) => unknown
  /** From the flag, the variable, config.yaml and the default. */
  readonly values: readonly [unknown, unknown, unknown, unknown]
}

const rows: readonly Row[] = [
  {
    kind: 'a duration',
    flags: ['--stall-timeout', '1m'],
    variable: ['TMUX_BUILDER_STALL_TIMEOUT', '2m'],
    config: 'stall_timeout: 3m',
    of: (plan) => plan.settings.stallTimeoutMs,
    values: [60_000, 120_000, 180_000, 900_000],
  },
  {
    kind: 'a duration whose default depends on the target',
    flags: ['--verify-timeout', '1m'],
    variable: ['TMUX_BUILDER_VERIFY_TIMEOUT', '2m'],
    config: 'verify_timeout: 3m',
    of: (plan) => plan.settings.verifyTimeoutMs,
    values: [60_000, 120_000, 180_000, 30_000],
  },
  {
    kind: 'a number',
    flags: ['--max-attempts', '5'],
    variable: ['TMUX_BUILDER_MAX_ATTEMPTS', '6'],
    config: 'max_attempts: 7',
    of: (plan) => plan.settings.maxAttempts,
    values: [5, 6, 7, 3],
  },
  {
    kind: 'an amount without a default',
    flags: ['--budget-usd', '5'],
    variable: ['TMUX_BUILDER_BUDGET_USD', '6'],
    config: 'budget_usd: 7.5',
    of: (plan) => plan.settings.budgetDollars,
    values: [5, 6, 7.5, null],
  },
  {
    kind: 'a list',
    flags: ['--domain', 'A.example.com', '--domain', 'b.example.com'],
    variable: ['TMUX_BUILDER_DOMAINS', 'c.example.com,d.example.com'],
    config: 'domains: [e.example.com]',
    of: (plan) => plan.settings.domains,
    values: [
      ['a.example.com', 'b.example.com'],
      ['c.example.com', 'd.example.com'],
      ['e.example.com'],
      [],
    ],
  },
  {
    kind: 'a choice',
    flags: ['--on-question', 'reject'],
    variable: ['TMUX_BUILDER_ON_QUESTION', 'approve'],
    config: 'on_question: fail',
    of: (plan) => plan.settings.questionPolicy,
    values: ['reject', 'approve', 'fail', 'wait'],
  },
  {
    kind: 'a choice whose default depends on the agent',
    flags: ['--target', 'local'],
    variable: ['TMUX_BUILDER_TARGET', 'aws'],
    config: 'target: aws',
    of: (plan) => plan.target,
    values: ['local', 'aws', 'aws', 'local'],
  },
  {
    kind: 'a value for the prompts',
    flags: ['--region', 'eu-west-1'],
    variable: ['TMUX_BUILDER_REGION', 'eu-west-2'],
    config: 'region: eu-west-3',
    of: (plan) => plan.settings.variables.default_region,
    values: ['eu-west-1', 'eu-west-2', 'eu-west-3', undefined],
  },
]

test.each(rows)('$kind: flag, then variable, then config.yaml, then default', async (row) => {
  const variables = { [row.variable[0]]: row.variable[1] }
  expect([
    row.of(await planOf(row.flags, variables, row.config)),
    row.of(await planOf([], variables, row.config)),
    row.of(await planOf([], {}, row.config)),
    row.of(await planOf([], {}, '')),
  ]).toEqual(row.values)
})

test('an agent or target from a default, a variable or config.yaml does not make it another request', async () => {
  const variables = { TMUX_BUILDER_TARGET: 'local' }
  expect(await planOf([], variables, 'agent: demo')).toMatchObject({ isTargetExplicit: false })
  expect(await planOf(['--target', 'local'], {}, '')).toMatchObject({ isTargetExplicit: true })
})

test('a variable of this process is not read when the context lacks it', async () => {
  vi.stubEnv('TMUX_BUILDER_MAX_ATTEMPTS', 'none')
  const { settings } = await planOf([], { TMUX_BUILDER_MAX_ATTEMPTS: '' }, '')
  vi.unstubAllEnvs()
  expect(settings.maxAttempts).toBe(3)
})

test('only --no-verify switches the verification off', async () => {
  expect((await planOf([], {}, '')).settings.verify).toBe(true)
  expect((await planOf(['--no-verify'], {}, '')).settings.verify).toBe(false)
})
