import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AssumeRoleCommand, type Credentials } from '@aws-sdk/client-sts'
import { notReady, usageError } from '../../errors.ts'
import { awsFilesOf } from '../../session/agent-environment.ts'
import type { Scope } from '../../session/scope.ts'
import type { Build } from '../../store/builds.ts'
import { packageRoot } from '../../world/package-root.ts'
import type { Account } from './account.ts'
import { withStartersAccount } from './starters-account.ts'

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
  return withStartersAccount(scope, build, environment, (account) =>
    assume(account, role, scope.guid),
  )
}

async function assume(account: Account, role: string, guid: string): Promise<Credentials> {
  const owner = role.split(':')[4]
  if (owner !== account.id)
    throw usageError(
      `The role ${role} is in another AWS account than the one that the profile leads to (${account.id}).`,
      'What the agent made could not be found again: register and refine take a profile of the role’s account with --aws-profile',
    )
  const { Credentials: taken } = await account.sts.send(
    new AssumeRoleCommand({
      RoleArn: role,
      RoleSessionName: `tmux-builder-${guid.slice(0, 8)}`,
      DurationSeconds: durationSeconds,
      Policy: await renderSessionPolicy(guid),
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
