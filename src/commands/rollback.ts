import type { Context } from '../context.ts'
import { switchRelease } from '../deploy/live-release.ts'
import { isFinal } from '../domain/build-state.ts'
import { conflict, exitCodes, TmuxBuilderError, usageError } from '../errors.ts'
import { withCommandLock } from '../session/command-lock.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { type Build, findLatestBuild, requireBuild } from '../store/builds.ts'
import { findRelease, listReleases, type Release, recordRolledBack } from '../store/releases.ts'
import { checkRelease } from '../supervise/verify-claim.ts'
import { restorePreview } from './go-on.ts'
import { openSession } from './open.ts'

export interface RolledBack {
  readonly guid: string
  readonly release: number
  readonly from: number | null
  readonly target: string
  readonly url: string
}

/** Makes an older release the live one again, and verifies it; one that does not verify is switched back. */
export async function rollback(
  context: Context,
  guidOrPrefix: string,
  number: string | undefined,
): Promise<RolledBack> {
  const scope = openSession(context, guidOrPrefix)
  const latest = findLatestBuild(scope.store, scope.guid)
  if (latest && !isFinal(latest.state))
    throw conflict(
      `Build ${latest.build} is running in this session.`,
      `Wait for it, or end it first: tmux-builder stop ${scope.guid.slice(0, 12)}`,
    )
  const wanted = number === undefined ? previousRelease(scope, latest) : namedRelease(scope, number)
  const live = liveOf(scope, wanted.target)
  const say = (text: string) => context.stderr.write(`${text}\n`)
  say(`making release ${wanted.release} the live one`)
  await switchTo(scope, wanted)
  say(`verifying ${wanted.url}`)
  const outcome = await checkRelease(
    scope,
    requireBuild(scope.store, scope.guid, wanted.build),
    wanted,
  )
  if (!outcome.verified) {
    const before = live === undefined ? undefined : findRelease(scope.store, scope.guid, live)
    // Never back to what was not verified either: an old release that was good is the better one.
    if (before?.verified && before.release !== wanted.release) await switchTo(scope, before)
    throw new TmuxBuilderError(
      'not_verified',
      exitCodes.notVerified,
      `Release ${wanted.release} does not verify: ${outcome.evidence.message}.`,
      before?.verified
        ? `Release ${before.release} is live again`
        : `Try another: tmux-builder releases ${scope.guid.slice(0, 12)}`,
    )
  }
  recordRolledBack(scope.store, wanted, live ?? null)
  const { guid } = scope
  const { release, target, url = '' } = wanted
  return { guid, release, from: live ?? null, target, url }
}

const liveOf = (scope: Scope, target: Release['target']) => {
  const session = requireSession(scope)
  return target === 'local' ? session.liveRelease : session.remoteRelease
}

/** The newest verified one before what is live. */
function previousRelease(scope: Scope, latest: Build | undefined): Release {
  const target = latest?.target ?? 'local'
  const live = liveOf(scope, target)
  const all = listReleases(scope.store, scope.guid).filter((one) => one.target === target)
  const liveId = all.find((one) => one.release === live)?.remote?.id
  const found = all.find(
    (one) =>
      one.verified &&
      (live === undefined || one.release < live) &&
      (one.remote === undefined || one.remote.id !== liveId),
  )
  if (found) return found
  throw usageError(
    'There is no verified release before the live one.',
    `See them with: tmux-builder releases ${scope.guid.slice(0, 12)}`,
  )
}

function namedRelease(scope: Scope, text: string): Release {
  const found = /^\d{1,9}$/.test(text)
    ? findRelease(scope.store, scope.guid, Number(text))
    : undefined
  if (found?.url !== undefined) return found
  throw usageError(
    `There is no release ${JSON.stringify(text)} that was live.`,
    `See them with: tmux-builder releases ${scope.guid.slice(0, 12)}`,
  )
}

async function switchTo(scope: Scope, release: Release): Promise<void> {
  if (release.target === 'aws') {
    const { switchRemoteRelease } = await import('../deploy/aws/switch-remote.ts')
    return switchRemoteRelease(scope, release)
  }
  await withCommandLock(scope, async () => {
    await switchRelease(scope, release.release)
    await restorePreview(scope, release.build, release.release)
  })
}
