import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AssumeRoleCommand, type Credentials } from '@aws-sdk/client-sts'
import { notReady, usageError } from '../../errors.ts'
import { packageRoot } from '../../package-root.ts'
import { awsFilesOf } from '../../session/agent-environment.ts'
import type { Scope } from '../../session/scope.ts'
import type { Build } from '../../store/builds.ts'
import { type AwsPlace, openAccount } from './account.ts'
import { awsPlaceOf } from './aws-place.ts'
import { explainAwsError } from './errors.ts'

type Variables = Readonly<Record<string, string>>

/** The longest that AWS allows where the role is assumed with another role's credentials. */
const durationSeconds = 3600

/**
 * Takes the agent's role with what whoever started the build has, narrowed to this session by a policy of ours. Exit 5
 * where it cannot be taken.
 */
export async function assumeAgentRole(
  scope: Scope,
  build: Pick<Build, 'settings'>,
  role: string,
  environment: Variables | undefined,
): Promise<Credentials> {
  // The agent's own would ask this very command.
  if (!environment || environment.AWS_CONFIG_FILE === awsFilesOf(scope.paths).config)
    throw notReady(
      'There are no credentials to take the agent’s role with.',
      'They last as long as the build: start or resume it from outside the agent’s pane',
    )
  const place = await awsPlaceOf(build)
  return withProcessEnvironment(environment, async () => {
    try {
      return await assume(scope, place, role, environment)
    } catch (error) {
      throw explainAwsError(error, place.profile)
    }
  })
}

async function assume(
  scope: Scope,
  place: AwsPlace,
  role: string,
  environment: Variables,
): Promise<Credentials> {
  const account = await openAccount({ ...scope.context, env: environment }, place)
  const owner = role.split(':')[4]
  if (owner !== account.id)
    throw usageError(
      `The role ${role} is in another AWS account than the one that the profile leads to (${account.id}).`,
      'What the agent made could not be found again: name a profile of the role’s account with --aws-profile',
    )
  const { Credentials: taken } = await account.sts.send(
    new AssumeRoleCommand({
      RoleArn: role,
      RoleSessionName: `tmux-builder-${scope.guid.slice(0, 8)}`,
      DurationSeconds: durationSeconds,
      Policy: await renderSessionPolicy(scope.guid),
    }),
  )
  if (!taken) throw new Error('AWS gave no credentials')
  return taken
}

/** The policy for one session, without a space: 2,048 characters are allowed. */
export async function renderSessionPolicy(guid: string): Promise<string> {
  const file = join(packageRoot, 'templates', 'aws', 'agent-session-policy.json')
  return JSON.stringify(JSON.parse(await readFile(file, 'utf8'))).replaceAll('GUID', guid)
}

/** The SDK, and the programs that a profile names, take what they need from the process's environment alone. */
async function withProcessEnvironment<T>(
  environment: Variables,
  act: () => Promise<T>,
): Promise<T> {
  const own = process.env
  process.env = { ...environment }
  try {
    return await act()
  } finally {
    process.env = own
  }
}
