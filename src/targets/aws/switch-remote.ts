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
 * Makes a release that was published before the live one: nothing is uploaded, so it takes seconds. That it begins is
 * recorded when nothing stands against it, and taken back when AWS says that nothing was switched. Needs the session's
 * deploy lock, which the process that asks for it holds.
 */
export async function switchRemoteRelease(
  scope: Scope,
  number: number,
  from: number | null,
): Promise<void> {
  const { world, guid, store } = scope
  const release = findRelease(store, guid, number)
  const remote = release?.remote
  if (!remote) throw new Error(`release ${number} is none of aws`)
  const { profile, region, account: id } = remote
  const { accounts } = requirePlace(requireBuild(store, guid, release.build))
  try {
    const account = await openAccount(world, { profile, region, accounts })
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
