import { existsSync } from 'node:fs'
import { checkAddress, within } from '../builds/verify-claim.ts'
import { notReady, type TmuxBuilderError } from '../errors.ts'
import { withDeployLock } from '../session/locks.ts'
import { requireAtRest, type Scope } from '../session/scope.ts'
import { listBuilds } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { forgetRemoteReleases, hasReleaseOf } from '../store/releases.ts'
import { findSession, updateSession } from '../store/sessions.ts'
import { callAws } from '../targets/aws/call-aws.ts'
import type { AwsGiven } from '../targets/aws/messages.ts'
import { type App, resolveGuid, scopeIn } from './open-app.ts'

/** How long an address may take to answer when this checks whether it is still there. */
const answerMs = 3_000

export interface DestroyWish {
  /** Only lists what would be destroyed. */
  readonly isDryRun?: boolean | undefined
  /** Called with the plan before anything is destroyed; it throws to refuse. */
  readonly confirm?: (planned: readonly string[], account: string) => Promise<void>
  /** Where to look, beside the places that the records name. */
  readonly given: AwsGiven
}

export interface DestroyInput extends DestroyWish {
  readonly guid: string
}

export interface Destroyed {
  readonly guid: string
  readonly dry_run: boolean
  readonly account: string
  readonly resources: readonly string[]
  /** What carries the GUID but was not made by a stack, and stacks that could not be deleted. */
  readonly kept: readonly string[]
}

/** Removes everything that `deploy` and the agent's own stacks made in AWS for the session. */
export async function destroy(
  app: App,
  input: DestroyInput,
): Promise<Destroyed & { readonly failure: TmuxBuilderError | undefined }> {
  const guid = resolveGuid(app, input.guid)
  const scope = scopeIn(app, guid)
  const mayGoOn = () => {
    if (!input.isDryRun) requireAtRest(scope)
    return true
  }
  mayGoOn()
  const done = await destroyRemote(scope, input, mayGoOn)
  if (!done) throw new Error('only gc can call a destruction off')
  return { ...done, failure: done.dry_run ? undefined : failureOfLeft(done) }
}

/** The error for what is left and has to be removed by the user; `undefined` when nothing is. */
export const failureOfLeft = ({ account, kept }: Destroyed): TmuxBuilderError | undefined =>
  kept.length === 0
    ? undefined
    : notReady(
        `Something was left in the AWS account ${account}: ${kept.join('; ')}`,
        'Remove it with the code in workspace/infrastructure/, or remove what blocks it, then run the same command again',
      )

/** Returns `undefined` when the destruction was called off while it waited for the lock or for the user. */
export async function destroyRemote(
  scope: Scope,
  { isDryRun = false, confirm, given }: DestroyWish,
  mayGoOn: () => boolean,
): Promise<Destroyed | undefined> {
  const { world, home, guid } = scope
  const act = async (): Promise<Destroyed | undefined> => {
    if (!mayGoOn()) return undefined
    const { plans, names: planned } = await callAws(world, world.env, {
      do: 'plan_destruction',
      home,
      guid,
      given,
      isDryRun,
    })
    const kept = [...new Set(plans.flatMap((plan) => plan.kept))]
    const account = [...new Set(plans.map((plan) => plan.account))].join(', ')
    if (isDryRun) return { guid, dry_run: true, account, resources: planned, kept }
    if (planned.length > 0 && confirm) {
      await confirm(planned, account)
      // A build may have begun while the user was asked.
      if (!mayGoOn()) return undefined
    }
    // An empty plan is not sent, because it would need credentials for nothing.
    const { destroyed: resources, left } =
      planned.length === 0
        ? { destroyed: [], left: [] }
        : await callAws(world, world.env, { do: 'destroy', home, guid, plans })
    kept.push(...left, ...(await findAnswering(scope)))
    await forgetDestroyed(scope, { account, resources }, kept.length === 0)
    return { guid, dry_run: false, account, resources, kept }
  }
  // A dry run takes no lock.
  return isDryRun || !existsSync(scope.paths.folder) ? act() : withDeployLock(scope, act)
}

/** Fetches the address of what the agent deployed itself: that may carry no tag, or be in an unknown account. */
async function findAnswering(scope: Scope): Promise<string[]> {
  const { world, guid, store } = scope
  const build = listBuilds(store, guid).findLast(
    (one) => one.target === 'aws' && one.url !== undefined && !hasReleaseOf(store, one),
  )
  if (build?.url === undefined) return []
  const outcome = await checkAddress(scope, within(build, answerMs), build.url, world.signal)
  return outcome.verified ? [`the site at ${build.url} (nothing with the GUID serves it)`] : []
}

/** Removes what is gone from the records, also when an earlier run was killed before it did so. */
async function forgetDestroyed(
  { store, guid }: Scope,
  done: { readonly account: string; readonly resources: readonly string[] },
  isAllGone: boolean,
): Promise<void> {
  await store.transact((tx) => {
    const session = findSession(store, guid)
    if (!session) return
    const isMarkDone = isAllGone && session.destroyAt !== undefined
    const wasTold = forgetRemoteReleases(tx, guid, isAllGone)
    if (session.remoteRelease !== undefined)
      updateSession(tx, guid, { remoteRelease: null, rollback: null })
    if (isMarkDone) updateSession(tx, guid, { destroyAt: null })
    if (done.resources.length > 0 || wasTold || isMarkDone || session.remoteRelease !== undefined)
      appendEvent(tx, { guid }, 'destroyed', done)
  })
}
