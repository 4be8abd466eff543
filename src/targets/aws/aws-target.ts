import type { BuildPlace } from '../../domain/build-settings.ts'
import { notReady } from '../../errors.ts'
import { readAgentEnvironment } from '../../session/agent-environment.ts'
import { withDeployLock } from '../../session/locks.ts'
import type { Scope } from '../../session/scope.ts'
import type { Answered, Shown, Target } from '../target.ts'
import { callAws } from './call-aws.ts'
import type { HostOwner, RoleCredentials } from './messages.ts'

type Variables = Readonly<Record<string, string>>

/** How long AWS may take to say whose a host is. */
const ownerTimeoutMs = 60_000

/** S3 and CloudFront of an AWS account. All work there is done by a process of its own. */
export const awsTarget: Target = {
  isRemote: true,
  // Functions at the edge spread within seconds; a bad release is not left live for longer, nor the lock held.
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

/** Takes the role of the session's agent with what whoever started the build has. Exit 5 where it cannot be taken. */
export async function takeAgentRole(scope: Scope, place: BuildPlace): Promise<RoleCredentials> {
  const { world, guid } = scope
  const environment = requireCredentials(scope, await readAgentEnvironment(scope))
  return callAws(world, environment, { do: 'assume_role', guid, place })
}

function requireCredentials({ paths }: Scope, environment: Variables | undefined): Variables {
  // The agent's own credentials come from this program: it would ask itself for them, again and again.
  if (environment && environment.AWS_CONFIG_FILE !== paths.agentAwsConfig) return environment
  throw notReady(
    'There are no credentials to take the agent’s role with.',
    'They last as long as the build: start or resume it from outside the agent’s pane',
  )
}

/** Where AWS cannot be asked, the stack that `deploy` looked at and recorded still counts. */
async function proofOf(scope: Scope, answered: Answered): Promise<Shown> {
  const { hostname } = new URL(answered.url)
  const owner = await findOwner(scope, hostname)
  const warnings =
    answered.isMarked && owner === 'unknown'
      ? [
          ...answered.warnings,
          `AWS could not be asked whether ${hostname} is still in the session’s stack, as it was when it was deployed`,
        ]
      : answered.warnings
  if (answered.isMarked && (owner === 'stack' || owner === 'unknown'))
    return { proof: 'marker', warnings }
  return { proof: owner === 'stack' || owner === 'tagged' ? 'resource' : 'live', warnings }
}

/** Whose is the host in the session's account, looked at with what the agent may see? */
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
    // Whatever it is, the address answers: the build does not end for want of a further proof.
    world.notice(`AWS could not be asked whose ${host} is: ${error}`)
    return 'unknown'
  }
}
