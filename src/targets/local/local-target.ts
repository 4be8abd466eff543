import { join } from 'node:path'
import { shortGuid } from '../../domain/identity.ts'
import { conflict } from '../../errors.ts'
import { withSessionLock } from '../../session/locks.ts'
import type { Scope } from '../../session/scope.ts'
import { type Build, requireBuild } from '../../store/builds.ts'
import { recordReleased, takeReleaseNumber } from '../../store/releases.ts'
import { recordRollingBack } from '../../store/rollbacks.ts'
import { copySite, requireSiteFolder } from '../copy-site.ts'
import type { Deployment, Target } from '../target.ts'
import {
  ensurePreview,
  linkRelease,
  restorePreview,
  restoreVerifiedRelease,
  switchRelease,
} from './live-preview.ts'

/** Deploys to this machine, where the session's preview server serves the live release. */
export const localTarget: Target = {
  isRemote: false,
  switchLimitMs: 30_000,
  requireAccess: async () => undefined,
  deploy: deployLocal,
  whileLocked: (scope, act) =>
    withSessionLock(scope, (locked) =>
      act(async (release, from) => {
        await locked.store.transact((tx) => recordRollingBack(tx, release, from))
        await switchRelease(locked, release.release)
        await restorePreview(locked, release.build, release.release)
      }),
    ),
  liveRelease: ({ liveRelease }) => liveRelease,
  proofOf: async (_scope, { warnings }) => ({ proof: null, warnings }),
}

async function deployLocal(scope: Scope, build: Build, wanted: Deployment): Promise<string> {
  const { world, paths, store } = scope
  const site = await requireSiteFolder(wanted.folder, world.cwd, paths.workspace)
  const release = await store.transact((tx) => takeReleaseNumber(tx, build))
  await copySite(site, join(paths.site, String(release)))
  return withSessionLock(scope, async (locked) => {
    const url = await ensurePreview(locked)
    await linkRelease(scope, release)
    const isLate = await store.transact((tx) => {
      if (requireBuild(tx, build.guid, build.build).endedAt !== undefined) return true
      recordReleased(tx, build, release, url)
      return false
    })
    if (isLate) {
      await restoreVerifiedRelease(scope)
      throw conflict(
        'The build ended meanwhile: its last verified release is live.',
        `Change it with: tmux-builder refine ${shortGuid(scope.guid)}`,
      )
    }
    return url
  })
}
