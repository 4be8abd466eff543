import type { BuildPlace } from '../../domain/build-settings.ts'
import { notReady } from '../../errors.ts'
import { readAgentEnvironment } from '../../session/agent-environment.ts'
import { withDeployLock } from '../../session/locks.ts'
import type { Scope } from '../../session/scope.ts'
import type { Variables } from '../../world/world.ts'
import type { Answered, ProofFound, Target } from '../target.ts'
import { callAws } from './call-aws.ts'
import type { HostOwner, RoleCredentials } from './messages.ts'

/** How long AWS may take to say which session a host belongs to. */
const ownerTimeoutMs = 60_000

/** Deploys to S3 and CloudFront of an AWS account. A separate process does all the work there. */
export const awsTarget: Target = {
  isRemote: true,
  // A switch reaches the edges within seconds. Waiting longer would keep a bad release live and hold the lock.
  switchLimitMs: 3 * 60_000,
  requireAccess: async (scope, place, environment) => {
    if (!place) throw new Error('a build on aws has a place')
    if (place.role !== undefined) requireCredentials(scope, environment)
    const { world, guid } = scope
    const account = await callAws(world, environment, { do: 'check_access', guid, place })
    return { ...place, account }
  },
  deploy: ({ world, home, guid }, { build }, wanted) =>
    callAws(world, world.env, { do: 'deploy', home, guid, build, wanted }),
  whileLocked: (scope, act) =>
    withDeployLock(scope, ({ world, home, guid }) =>
      act(async ({ release }, from) => {
        await callAws(world, world.env, { do: 'switch_release', home, guid, release, from })
      }),
    ),
  liveRelease: ({ remoteRelease }) => remoteRelease,
  proofOf,
}

/** Assumes the agent's role with the credentials that the build was started with. Exit 5 where it cannot. */
export async function takeAgentRole(scope: Scope, place: BuildPlace): Promise<RoleCredentials> {
  const { world, guid } = scope
  const environment = requireCredentials(scope, await readAgentEnvironment(scope))
  return callAws(world, environment, { do: 'assume_role', guid, place })
}

function requireCredentials({ paths }: Scope, environment: Variables | undefined): Variables {
  // The agent's own config calls this program for credentials, so using it here would recurse without end.
  if (environment && environment.AWS_CONFIG_FILE !== paths.agentAwsConfig) return environment
  throw notReady(
    'There are no credentials to assume the agent’s role with.',
    'They are only kept while the build runs: start or resume it from outside the agent’s pane',
  )
}

/** If AWS cannot be asked, the marker still counts, because `deploy` has looked at the stack and recorded it. */
async function proofOf(scope: Scope, answered: Answered): Promise<ProofFound> {
  const { hostname } = new URL(answered.url)
  const owner = await findOwner(scope, hostname)
  const warnings =
    answered.isMarked && owner === 'unknown'
      ? [
          ...answered.warnings,
          `AWS could not be asked whether ${hostname} still belongs to the session’s stack, as it did when it was deployed`,
        ]
      : answered.warnings
  if (answered.isMarked && (owner === 'stack' || owner === 'unknown'))
    return { proof: 'marker', warnings }
  return { proof: owner === 'stack' || owner === 'tagged' ? 'resource' : 'live', warnings }
}

/** Asks AWS, with the environment that the agent sees, whether the host belongs to the session. */
async function findOwner(scope: Scope, host: string): Promise<HostOwner | 'unknown'> {
  const { world, home, guid } = scope
  const environment = await readAgentEnvironment(scope)
  const limit = AbortSignal.timeout(ownerTimeoutMs)
  const limited = { ...world, signal: AbortSignal.any([world.signal, limit]) }
  try {
    const request = { do: 'owner_of_host', home, guid, host } as const
    return await callAws(limited, { ...world.env, ...environment }, request)
  } catch (error) {
    world.signal.throwIfAborted()
    // The address answers, so the build must not fail only because AWS cannot confirm whose it is.
    world.notice(`AWS could not be asked which session ${host} belongs to: ${error}`)
    return 'unknown'
  }
}
