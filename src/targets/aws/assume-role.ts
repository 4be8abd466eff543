import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import type { BuildPlace } from '../../domain/build-settings.ts'
import { usageError } from '../../errors.ts'
import { packageRoot } from '../../world/package-root.ts'
import type { World } from '../../world/world.ts'
import { type Account, openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import type { RoleCredentials } from './messages.ts'

/** AWS allows no more than this where a role is assumed with another role's credentials. */
const durationSeconds = 3600

/** Returns the id of the place's account, after it has checked that its role (if any) can be assumed. */
export const checkAccess = (world: World, place: BuildPlace, guid: string): Promise<string> =>
  inAccount(world, place, async (account) => {
    if (place.role !== undefined) await assume(account, place.role, guid)
    return account.id
  })

/** Assumes the agent's role, with a session policy that narrows it to this session. */
export const assumeAgentRole = (
  world: World,
  place: BuildPlace,
  guid: string,
): Promise<RoleCredentials> =>
  inAccount(world, place, (account) => {
    if (place.role === undefined) throw new Error('the place has no role')
    return assume(account, place.role, guid)
  })

async function inAccount<T>(
  world: World,
  place: BuildPlace,
  act: (account: Account) => Promise<T>,
): Promise<T> {
  try {
    return await act(await openAccount(world, place))
  } catch (error) {
    throw explainAwsError(error, place.profile)
  }
}

async function assume(account: Account, role: string, guid: string): Promise<RoleCredentials> {
  const owner = role.split(':')[4]
  if (owner !== account.id)
    throw usageError(
      `The role ${role} is in another AWS account than the one that the profile leads to (${account.id}).`,
      'Nothing that the agent makes there could be found again: give register or refine a profile of the role’s account with --aws-profile',
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
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = taken
  return { AccessKeyId, SecretAccessKey, SessionToken, Expiration: Expiration?.toISOString() }
}

/** The policy for one session, without whitespace, because AWS allows only 2,048 characters. */
export async function renderSessionPolicy(guid: string): Promise<string> {
  const file = join(packageRoot, 'templates', 'aws', 'agent-session-policy.json')
  return JSON.stringify(JSON.parse(await readFile(file, 'utf8'))).replaceAll('GUID', guid)
}
