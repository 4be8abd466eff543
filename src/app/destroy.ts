import { existsSync } from 'node:fs'
import { checkAddress, within } from '../builds/verify-claim.ts'
import { isFinal } from '../domain/build-state.ts'
import { conflict, notReady, type TmuxBuilderError } from '../errors.ts'
import { withDeployLock } from '../session/locks.ts'
import type { Scope } from '../session/scope.ts'
import { findLatestBuild, listBuilds } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { forgetRemoteReleases, hasReleaseOf } from '../store/releases.ts'
import { findSession, updateSession } from '../store/sessions.ts'
import { callAws } from '../targets/aws/call-aws.ts'
import { parseAwsFlags } from './aws-flags.ts'
import { type App, resolveGuid, scopeIn } from './open-app.ts'

/** How long an address is asked whether it is still there. */
const answerMs = 3_000

export interface DestroyFlags {
  readonly dryRun?: boolean
  /** Asked before anything is destroyed, with what would be; it throws what ends the command otherwise. */
  readonly confirm?: (planned: readonly string[], account: string) => Promise<void>
  readonly awsProfile?: string
  readonly region?: string
  readonly json?: boolean
}

export interface Destroyed {
  readonly guid: string
  readonly dry_run: boolean
  readonly account: string
  readonly resources: readonly string[]
  /** What carries the GUID and was made otherwise than by stacks; also a stack that could not be deleted. */
  readonly kept: readonly string[]
}

/** Ends everything that `deploy` and stacks of the agent's made in AWS for the session; shows it first. */
export async function destroy(
  app: App,
  guidOrPrefix: string,
  flags: DestroyFlags,
): Promise<Destroyed & { readonly failure: TmuxBuilderError | undefined }> {
  const guid = resolveGuid(app, guidOrPrefix)
  const { store } = app
  const scope = scopeIn(app, guid)
  const mayGoOn = () => {
    const build = findLatestBuild(store, guid)
    if (build && !isFinal(build.state) && !flags.dryRun)
      throw conflict(
        `Build ${build.build} is running in this session.`,
        `End it first: tmux-builder stop ${guid.slice(0, 12)}`,
      )
    return true
  }
  mayGoOn()
  const done = await destroyRemote(scope, flags, mayGoOn)
  if (!done) throw new Error('a destruction that may go on is carried out')
  return { ...done, failure: done.dry_run ? undefined : tellLeft(done) }
}

/** What is left is the caller's to remove; `undefined`: nothing is. */
export const tellLeft = ({ account, kept }: Destroyed): TmuxBuilderError | undefined =>
  kept.length === 0
    ? undefined
    : notReady(
        `Something was left in the AWS account ${account}: ${kept.join('; ')}`,
        'Remove it with the code in workspace/infrastructure/, or remove what blocks it, then run the same command again',
      )

/** `undefined`: when its turn came it was not to be done any more. */
export async function destroyRemote(
  scope: Scope,
  flags: DestroyFlags,
  mayGoOn: () => boolean,
): Promise<Destroyed | undefined> {
  const { world, home, guid } = scope
  const given = parseAwsFlags(flags)
  const isDryRun = flags.dryRun === true
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
    if (planned.length > 0 && flags.confirm) {
      await flags.confirm(planned, account)
      // A build may have begun while the question was open.
      if (!mayGoOn()) return undefined
    }
    // With nothing planned no credentials are needed again.
    const { destroyed: resources, left } =
      planned.length === 0
        ? { destroyed: [], left: [] }
        : await callAws(world, world.env, { do: 'destroy', home, guid, plans })
    kept.push(...left, ...(await findAnswering(scope)))
    await settleRecords(scope, { account, resources }, kept.length === 0)
    return { guid, dry_run: false, account, resources, kept }
  }
  // Who only looks waits for nobody.
  return isDryRun || !existsSync(scope.paths.folder) ? act() : withDeployLock(scope, act)
}

/** What the agent deployed itself may carry no tag, or be in an account that nobody named: its address tells. */
async function findAnswering(scope: Scope): Promise<string[]> {
  const { world, guid, store } = scope
  const build = listBuilds(store, guid).findLast(
    (one) => one.target === 'aws' && one.url !== undefined && !hasReleaseOf(store, one),
  )
  if (build?.url === undefined) return []
  const outcome = await checkAddress(scope, within(build, answerMs), build.url, world.signal)
  return outcome.verified ? [`what answers at ${build.url} (nothing that carries the GUID)`] : []
}

/** The records tell no more of what is gone, also where an earlier run was killed before it came to that. */
async function settleRecords(
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
