import { expect, test } from 'vitest'
import { type BuildWish, planBuild } from '../../../src/app/build-options.ts'
import type { World } from '../../../src/world/world.ts'

const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: '/nowhere' }
const plan = (wish: BuildWish, before?: Parameters<typeof planBuild>[2]) =>
  planBuild({ env, cwd: '/' } as unknown as World, wish, before)

test('a caller without a command line gets the default of everything that it does not name', async () => {
  const { settings, ...rest } = await plan({ agent: 'demo', target: 'local', timeoutMs: 60_000 })
  expect(rest).toMatchObject({ agent: 'demo', target: 'local', isTargetExplicit: true })
  expect(settings).toEqual({
    timeoutMs: 60_000,
    maxAttempts: 3,
    attemptTimeoutMs: null,
    stallTimeoutMs: 15 * 60_000,
    retryDelayMs: 5_000,
    limitWaitMs: 6 * 3_600_000,
    budgetDollars: null,
    questionPolicy: 'wait',
    approvalTimeoutMs: 24 * 3_600_000,
    costThreshold: 100,
    verify: true,
    verifyTimeoutMs: 30_000,
    connectTo: [],
    domains: [],
    awsAccounts: [],
    awsAgentRole: null,
    requireProof: 'live',
    templates: null,
    variables: { max_cost_threshold: 100 },
  })
})

test('a refinement keeps the agent, its options and the target of the build before', async () => {
  const before = { agent: 'demo', target: 'aws', agentOptions: { pace: '0' } } as const
  const planned = await plan({}, before)
  expect(planned).toMatchObject({
    ...{ agent: 'demo', isAgentExplicit: false },
    ...{ target: 'aws', isTargetExplicit: false },
    agentOptions: { pace: '0' },
  })
  expect(planned.settings.verifyTimeoutMs).toBe(35 * 60_000)
})
