import { randomBytes } from 'node:crypto'
import { rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Scope } from '../../session/scope.ts'
import { findLastVerifiedRelease, recordSwitched } from '../../store/releases.ts'

const local = ({ guid }: Scope) => ({ guid, target: 'local' }) as const

/** Switches the preview to a release that was deployed before. */
export async function switchRelease(scope: Scope, release: number): Promise<void> {
  await linkRelease(scope, release)
  await scope.store.transact((tx) => recordSwitched(tx, local(scope), release))
}

/** Lets the preview serve another release in one step: `site/live` is a link, replaced by rename. */
export async function linkRelease(scope: Scope, release: number): Promise<void> {
  const aside = join(scope.paths.site, `.live-${randomBytes(6).toString('hex')}`)
  await symlink(String(release), aside)
  await rename(aside, scope.paths.liveSite)
}

/** Takes back what was deployed and never verified. `false`: nothing ever was, so that nothing is live. */
export async function restoreVerifiedRelease(scope: Scope): Promise<boolean> {
  const verified = findLastVerifiedRelease(scope.store, scope.guid)
  if (verified) await switchRelease(scope, verified.release)
  else await removeLiveRelease(scope)
  return verified !== undefined
}

/** Nothing is served any more. */
async function removeLiveRelease(scope: Scope): Promise<void> {
  await rm(scope.paths.liveSite, { force: true })
  await scope.store.transact((tx) => recordSwitched(tx, local(scope), undefined))
}
