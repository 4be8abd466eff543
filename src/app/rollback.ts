import { checkRelease } from '../builds/verify-claim.ts'
import { isFinal } from '../domain/build-state.ts'
import { conflict, Interrupted, TmuxBuilderError, usageError } from '../errors.ts'
import {
  type DeployingSession,
  type LockedSession,
  withDeployLock,
  withSessionLock,
} from '../session/locks.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { findLatestBuild, requireBuild } from '../store/builds.ts'
import { findRelease, listReleases, type Release } from '../store/releases.ts'
import {
  recordNotBegun,
  recordNotRolledBack,
  recordRolledBack,
  recordRollingBack,
} from '../store/rollbacks.ts'
import { type Rollback, restoreSession } from '../store/sessions.ts'
import { switchRelease } from '../targets/local/live-release.ts'
import { restorePreview } from './go-on.ts'
import { type App, requireScope } from './open-app.ts'

export interface RolledBack {
  readonly guid: string
  readonly release: number
  readonly from: number | null
  readonly target: string
  readonly url: string
}

/** Functions at the edge spread within seconds; a bad release is not left live for longer, nor the lock held. */
const verifyLimitsMs = { aws: 3 * 60_000, local: 30_000 }

/**
 * Makes an older release the live one again, and verifies it; one that does not verify is switched back. Cut short
 * anywhere, the same again goes on.
 */
export async function rollback(
  app: App,
  guidOrPrefix: string,
  number: string | undefined,
): Promise<RolledBack> {
  return rollbackIn(requireScope(app, guidOrPrefix), number)
}

/** The same for one session; without a number it goes back to the verified release before, or goes on. */
export async function rollbackIn(scope: Scope, number: string | undefined): Promise<RolledBack> {
  // Before the lock too: a deployment of a running build has it for minutes.
  requireAtRest(scope)
  const target = targetOf(scope, number)
  // Until it is verified or taken back nobody deploys.
  const act = async (switchTo: Switch) => {
    requireAtRest(scope)
    const { release, from } = number === undefined ? previous(scope, target) : named(scope, number)
    return rollBackTo(scope, requireRelease(scope, release), from, switchTo)
  }
  return target === 'aws'
    ? withDeployLock(scope, (held) => act((...to) => switchRemote(held, ...to)))
    : withSessionLock(scope, (held) => act((...to) => switchLocal(held, ...to)))
}

/** Makes a release the live one on the target whose lock is held; `from` is what was live before. */
type Switch = (release: Release, from: number | null) => Promise<void>

async function rollBackTo(
  scope: Scope,
  wanted: Release,
  from: number | null,
  switchTo: Switch,
): Promise<RolledBack> {
  const { world, guid, store } = scope
  const say = (text: string) => world.notice(text)
  const { release, target, url = '' } = wanted
  try {
    await store.transact((tx) => restoreSession(tx, guid))
    say(`making release ${release} the live one`)
    await switchTo(wanted, from)
    say(`verifying ${url}`)
    const outcome = await checkRelease(scope, requireBuild(store, guid, wanted.build), wanted, {
      limitMs: verifyLimitsMs[target],
      onTry: ({ message }, nextMs) =>
        say(`not yet: ${message}; again in ${Math.ceil(nextMs / 1000)} s`),
    })
    if (!outcome.verified) throw await takeBack(scope, wanted, from, outcome, switchTo)
  } catch (error) {
    if (error instanceof Interrupted && requireSession(scope).rollback?.release === release)
      say(
        `Release ${release} may be live and is not verified. Run the same command again to continue.`,
      )
    throw error
  }
  await store.transact((tx) => recordRolledBack(tx, wanted, from))
  return { guid, release, from, target, url }
}

/** Never back to what was not verified either: an old release that was good is the better one. */
async function takeBack(
  scope: Scope,
  wanted: Release,
  from: number | null,
  { evidence, tries }: { readonly evidence: { readonly message: string }; readonly tries: number },
  switchTo: Switch,
): Promise<TmuxBuilderError> {
  const before = from === null ? undefined : findRelease(scope.store, scope.guid, from)
  const isBetter = before?.verified === true && before.release !== wanted.release
  if (isBetter) await switchTo(before, wanted.release)
  await scope.store.transact((tx) =>
    recordNotRolledBack(tx, wanted, { url: wanted.url ?? '', evidence, tries }),
  )
  return new TmuxBuilderError(
    'not_verified',
    `Release ${wanted.release} could not be verified: ${evidence.message}.`,
    isBetter
      ? `Release ${before.release} is live again`
      : `Try another: tmux-builder releases ${scope.guid.slice(0, 12)}`,
  )
}

function requireAtRest({ store, guid }: Scope): void {
  const latest = findLatestBuild(store, guid)
  if (latest && !isFinal(latest.state))
    throw conflict(
      `Build ${latest.build} is running in this session.`,
      `Wait for it, or end it first: tmux-builder stop ${guid.slice(0, 12)}`,
    )
}

function targetOf(scope: Scope, number: string | undefined): Release['target'] {
  if (number !== undefined) return namedRelease(scope, number).target
  const { rollback } = requireSession(scope)
  return rollback
    ? requireRelease(scope, rollback.release).target
    : (findLatestBuild(scope.store, scope.guid)?.target ?? 'local')
}

const liveOf = (scope: Scope, target: Release['target']) => {
  const session = requireSession(scope)
  return target === 'local' ? session.liveRelease : session.remoteRelease
}

/** The newest verified one before what is live, or what a rollback that was cut short was to make live. */
function previous(scope: Scope, target: Release['target']): Rollback {
  const { rollback } = requireSession(scope)
  if (rollback) return rollback
  const live = liveOf(scope, target)
  const all = listReleases(scope.store, scope.guid).filter((one) => one.target === target)
  const liveId = all.find((one) => one.release === live)?.remote?.id
  const found = all.find(
    (one) =>
      one.verified &&
      (live === undefined || one.release < live) &&
      (one.remote === undefined || one.remote.id !== liveId),
  )
  if (found) return { release: found.release, from: live ?? null }
  throw usageError(
    'There is no verified release before the live one.',
    `See them with: tmux-builder releases ${scope.guid.slice(0, 12)}`,
  )
}

function named(scope: Scope, text: string): Rollback {
  const { release, target } = namedRelease(scope, text)
  const { rollback } = requireSession(scope)
  return rollback?.release === release ? rollback : { release, from: liveOf(scope, target) ?? null }
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

function requireRelease({ store, guid }: Scope, number: number): Release {
  const found = findRelease(store, guid, number)
  if (!found) throw new Error(`release ${number} of ${guid} has no record`)
  return found
}

/** Records what is to be live before anything changes, so that a killed command leaves a record to go on with. */
async function switchRemote(
  scope: DeployingSession,
  release: Release,
  from: number | null,
): Promise<void> {
  const begin = () => scope.store.transact((tx) => recordRollingBack(tx, release, from))
  const undo = () => scope.store.transact((tx) => recordNotBegun(tx, release, from))
  const { switchRemoteRelease } = await import('../targets/aws/switch-remote.ts')
  return switchRemoteRelease(scope, release, { begin, undo })
}

/** The same on the local target, where nothing refuses before the switch begins. */
async function switchLocal(
  scope: LockedSession,
  release: Release,
  from: number | null,
): Promise<void> {
  await scope.store.transact((tx) => recordRollingBack(tx, release, from))
  await switchRelease(scope, release.release)
  await restorePreview(scope, release.build, release.release)
}
