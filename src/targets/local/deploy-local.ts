import { join } from 'node:path'
import { conflict } from '../../errors.ts'
import { withSessionLock } from '../../session/locks.ts'
import type { Scope } from '../../session/scope.ts'
import { requireBuild } from '../../store/builds.ts'
import { recordReleased, takeReleaseNumber } from '../../store/releases.ts'
import { copySite, requireSiteFolder } from '../copy-site.ts'
import { ensurePreview } from './ensure-preview.ts'
import { linkRelease, restoreVerifiedRelease } from './live-release.ts'

/** Puts a built site on the local target as a new release of this attempt, and returns its address. */
export async function deployLocal(
  scope: Scope,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
  folder: string,
): Promise<string> {
  const { world, paths, store } = scope
  const site = await requireSiteFolder(folder, world.cwd, paths.workspace)
  const release = await store.transact((tx) => takeReleaseNumber(tx, place))
  await copySite(site, join(paths.site, String(release)))
  return withSessionLock(scope, async (locked) => {
    const url = await ensurePreview(locked)
    await linkRelease(scope, release)
    const isLate = await store.transact((tx) => {
      if (requireBuild(tx, place.guid, place.build).endedAt !== undefined) return true
      recordReleased(tx, place, release, url)
      return false
    })
    if (isLate) {
      await restoreVerifiedRelease(scope)
      throw conflict(
        'The build ended meanwhile: its last verified release is live.',
        `Change it with: tmux-builder refine ${scope.guid.slice(0, 12)}`,
      )
    }
    return url
  })
}
