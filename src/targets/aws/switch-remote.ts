import { notReady } from '../../errors.ts'
import type { DeployingSession } from '../../session/locks.ts'
import { requireBuild } from '../../store/builds.ts'
import { type Release, recordSwitched } from '../../store/releases.ts'
import { openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import { findStack, isUsable, joinStack, siteOf, stackNameOf, switchStack } from './stack.ts'

/**
 * Makes a release that was published before the live one: nothing is uploaded, so it takes seconds. `begin` is called when
 * nothing stands against it, `undo` when AWS says that nothing was switched.
 */
export async function switchRemoteRelease(
  scope: DeployingSession,
  release: Release,
  told: { readonly begin: () => Promise<void>; readonly undo: () => Promise<void> },
): Promise<void> {
  const { world, guid, store } = scope
  const { remote } = release
  if (!remote) throw new Error(`release ${release.release} is none of aws`)
  const { profile, region, account: id } = remote
  const { awsAccounts } = requireBuild(store, guid, release.build).settings
  try {
    const account = await openAccount(world, { profile, region, accounts: awsAccounts })
    if (account.id !== id)
      throw notReady(
        `Release ${release.release} lies in the AWS account ${id}, and this profile leads to ${account.id}.`,
        'Use the profile that it was deployed with',
      )
    const stack = await joinStack(world, account, stackNameOf(guid))
    if (!stack || !isUsable(stack.StackStatus ?? ''))
      throw notReady(
        `There is no stack of this session in the AWS account ${id} (${stack?.StackStatus ?? 'gone'}).`,
        'Deploy again with: tmux-builder register --rebuild',
      )
    const site = siteOf(stack)
    if (site.url !== release.url)
      throw notReady(
        `The site was made anew since, at ${site.url}: release ${release.release} is not there.`,
        'Deploy again with: tmux-builder register --rebuild',
      )
    await told.begin()
    const live = { release: remote.id, digest: remote.digest, mode: remote.mode }
    try {
      await switchStack(world, account, stackNameOf(guid), site, live)
    } catch (error) {
      const now = await findStack(account, stackNameOf(guid)).catch(() => undefined)
      if (now && isUsable(now.StackStatus ?? '') && siteOf(now).release !== remote.id)
        await told.undo()
      throw error
    }
    await store.transact((tx) => recordSwitched(tx, release, release.release))
  } catch (error) {
    throw explainAwsError(error, profile)
  }
}
