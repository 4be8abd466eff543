import { notReady } from '../../errors.ts'
import type { Scope } from '../../session/scope.ts'
import { requirePlace } from '../../store/build-places.ts'
import { requireBuild } from '../../store/builds.ts'
import { findRelease, recordSwitched } from '../../store/releases.ts'
import { recordNotBegun, recordRollingBack } from '../../store/rollbacks.ts'
import { openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import { joinStack, switchStack } from './change-stack.ts'
import { findStack, isUsable, siteOf, stackNameOf } from './stack.ts'

/**
 * Makes an already published release live, which takes seconds because nothing is uploaded. Once all checks have
 * passed the beginning is recorded, and this is undone if AWS says that nothing was switched. The calling
 * process must hold the session's deploy lock.
 */
export async function switchRemoteRelease(
  scope: Scope,
  number: number,
  from: number | null,
): Promise<void> {
  const { world, guid, store } = scope
  const release = findRelease(store, guid, number)
  const remote = release?.remote
  if (!remote) throw new Error(`release ${number} was not deployed to aws`)
  const { profile, region, account: id } = remote
  const { accounts } = requirePlace(requireBuild(store, guid, release.build))
  try {
    const account = await openAccount(world, { profile, region, accounts })
    if (account.id !== id)
      throw notReady(
        `Release ${release.release} is in the AWS account ${id}, but this profile leads to ${account.id}.`,
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
        `The site was recreated since then, at ${site.url}: release ${release.release} is not there.`,
        'Deploy again with: tmux-builder register --rebuild',
      )
    await store.transact((tx) => recordRollingBack(tx, release, from))
    const live = { release: remote.id, digest: remote.digest, mode: remote.mode }
    try {
      await switchStack(world, account, stackNameOf(guid), site, live)
    } catch (error) {
      const now = await findStack(account, stackNameOf(guid)).catch(() => undefined)
      if (now && isUsable(now.StackStatus ?? '') && siteOf(now).release !== remote.id)
        await store.transact((tx) => recordNotBegun(tx, release, from))
      throw error
    }
    await store.transact((tx) => recordSwitched(tx, release, release.release))
  } catch (error) {
    throw explainAwsError(error, profile)
  }
}
