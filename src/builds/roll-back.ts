import { isFinal } from '../domain/build-state.ts'
import { shortGuid } from '../domain/identity.ts'
import { Interrupted, TmuxBuilderError, usageError } from '../errors.ts'
import { redact } from '../secrets/redact.ts'
import { readAgentEnvironment } from '../session/agent-environment.ts'
import { requireAtRest, requireSession, type Scope } from '../session/scope.ts'
import { type Build, findLatestBuild, requireBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import {
  findLastVerifiedRelease,
  findRelease,
  hasBegunSince,
  listReleases,
  type Release,
} from '../store/releases.ts'
import { recordNotRolledBack, recordRolledBack } from '../store/rollbacks.ts'
import { type Rollback, restoreSession } from '../store/sessions.ts'
import type { Switch } from '../targets/target.ts'
import { targetOf } from '../targets/targets.ts'
import { checkRelease } from './verify-claim.ts'

export interface RolledBack {
  readonly guid: string
  readonly release: number
  readonly from: number | null
  readonly target: string
  readonly url: string
}

/**
 * Makes an older release the live one again and verifies it; a release that does not verify is switched back.
 * Without a number it takes the verified release before the live one. If it was interrupted, the same call
 * continues it.
 */
export async function rollBack(scope: Scope, number: number | undefined): Promise<RolledBack> {
  // This is asked before the lock too, because the deployment of a running build holds it for minutes.
  requireAtRest(scope)
  const name = targetNameOf(scope, number)
  return targetOf(name).whileLocked(scope, (switchTo) => {
    requireAtRest(scope)
    const { release, from } = number === undefined ? previous(scope, name) : named(scope, number)
    return rollBackTo(scope, requireRelease(scope, release), from, switchTo)
  })
}

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
      limitMs: targetOf(target).switchLimitMs,
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

/**
 * Switches back to what was live before, unless that was not verified either: the older release is better then.
 */
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
      : `Try another: tmux-builder releases ${shortGuid(scope.guid)}`,
  )
}

function targetNameOf(scope: Scope, number: number | undefined): Release['target'] {
  const { rollback } = requireSession(scope)
  const release = number ?? rollback?.release
  return release === undefined
    ? (findLatestBuild(scope.store, scope.guid)?.target ?? 'local')
    : requireRelease(scope, release).target
}

const liveOf = (scope: Scope, name: Release['target']) =>
  targetOf(name).liveRelease(requireSession(scope))

/** Finds the newest verified release before the live one, or the release of an interrupted rollback. */
function previous(scope: Scope, name: Release['target']): Rollback {
  const { rollback } = requireSession(scope)
  if (rollback) return rollback
  const live = liveOf(scope, name)
  const all = listReleases(scope.store, scope.guid).filter((one) => one.target === name)
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
    `See them with: tmux-builder releases ${shortGuid(scope.guid)}`,
  )
}

function named(scope: Scope, number: number): Rollback {
  const { release, target } = requireRelease(scope, number)
  const { rollback } = requireSession(scope)
  return rollback?.release === release ? rollback : { release, from: liveOf(scope, target) ?? null }
}

/** Finds a release that is or was live. */
function requireRelease({ store, guid }: Scope, number: number): Release {
  const found = findRelease(store, guid, number)
  if (found?.url !== undefined) return found
  throw usageError(
    `There is no release ${number} that was live.`,
    `See them with: tmux-builder releases ${shortGuid(guid)}`,
  )
}

/** The time for a stack that is still being changed, the switch and its verification. */
export const restoreTimeoutMs = 10 * 60_000

/**
 * Makes the last verified release live again on a remote target, after a build that was not deployed. It works
 * with the environment of the build's agent, because the site was deployed with that.
 */
export async function restoreRemoteRelease(scope: Scope, build: Build): Promise<void> {
  if (!targetOf(build.target).isRemote || !isFinal(build.state)) return
  const { world, guid, store } = scope
  const session = requireSession(scope)
  const verified = findLastVerifiedRelease(store, guid, build.target)
  if (!verified) return
  // A rollback or a deployment that was interrupted may have left another release live.
  const isLive = verified.release === targetOf(build.target).liveRelease(session)
  if (isLive && !session.rollback && !hasBegunSince(store, build, verified)) return
  world.notice(`making release ${verified.release} on ${build.target} live again`)
  try {
    const environment = await readAgentEnvironment(scope)
    const limit = AbortSignal.timeout(restoreTimeoutMs)
    await rollBack(
      {
        ...scope,
        world: {
          ...world,
          env: { ...world.env, ...environment },
          signal: AbortSignal.any([world.signal, limit]),
          // The outcome is recorded below, so the steps are not shown.
          notice() {},
        },
      },
      verified.release,
    )
  } catch (error) {
    world.signal.throwIfAborted()
    const message = describeRestoreFailure(verified, error as Partial<TmuxBuilderError>)
    world.notice(message)
    await store.transact((tx) =>
      appendEvent(tx, build, 'deploy_step', { step: 'restore', message }),
    )
  }
}

/** Says in one line what failed and how to try it again. */
export function describeRestoreFailure(
  { guid, release }: Pick<Release, 'guid' | 'release'>,
  { message = '', hint = '' }: Partial<TmuxBuilderError>,
): string {
  const why = `${message} ${hint}`.replace(/\s+/g, ' ').trim()
  return redact(
    `release ${release} could not be made live and verified; try it with: tmux-builder rollback ${shortGuid(guid)} ${release}. ${why.slice(0, 500)}`,
  )
}
