import { existsSync } from 'node:fs'
import type { Context } from '../context.ts'
import { isFinal } from '../domain/build-state.ts'
import { conflict, exitCodes, type Interrupted, TmuxBuilderError, usageError } from '../errors.ts'
import { withDeployLock } from '../session/deploy-lock.ts'
import { type Scope, scopeOf } from '../session/scope.ts'
import { findLatestBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { forgetRemoteReleases } from '../store/releases.ts'
import { findSession, updateSession } from '../store/sessions.ts'
import { askYes } from '../ui/ask.ts'
import { openHome } from './open.ts'
import { resolveGuid } from './resolve-guid.ts'

export interface DestroyFlags {
  readonly dryRun?: boolean
  readonly yes?: boolean
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
  context: Context,
  guidOrPrefix: string,
  flags: DestroyFlags,
): Promise<Destroyed> {
  const guid = resolveGuid(context, guidOrPrefix)
  const { home, store } = openHome(context, { create: true })
  const scope = scopeOf(context, store, home, guid)
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
  return done
}

/** `undefined`: when its turn came it was not to be done any more. */
export async function destroyRemote(
  scope: Scope,
  flags: DestroyFlags,
  mayGoOn: () => boolean,
): Promise<Destroyed | undefined> {
  const { context, store, guid } = scope
  const { carryOut, namesIn, planDestruction } = await import('../deploy/aws/destroy.ts')
  const act = async (): Promise<Destroyed | undefined> => {
    if (!mayGoOn()) return undefined
    const plans = await planDestruction(context, store, guid, flags)
    const resources = plans.flatMap((plan) => namesIn(guid, plan))
    const kept = [...new Set(plans.flatMap((plan) => plan.kept))]
    const account = [...new Set(plans.map((plan) => plan.account.id))].join(', ')
    const plan = { guid, dry_run: flags.dryRun === true, account, resources, kept }
    if (flags.dryRun || resources.length === 0) return plan
    if (!flags.yes) await requireYes(context, resources, account)
    const left: string[] = []
    for (const one of plans) left.push(...(await carryOut(context, store, guid, one)))
    if (findSession(store, guid))
      store.transact(() => {
        forgetRemoteReleases(store, guid)
        updateSession(store, guid, { remoteRelease: null, destroyAt: null })
        appendEvent(store, { guid }, 'destroyed', { account, resources })
      })
    return { ...plan, kept: [...kept, ...left] }
  }
  return existsSync(scope.paths.folder) ? withDeployLock(scope, act) : act()
}

async function requireYes(
  context: Context,
  resources: readonly string[],
  account: string,
): Promise<void> {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true)
    throw usageError(
      `Nothing was destroyed: ${resources.length} things in the AWS account ${account} would be (${resources.join('; ')}).`,
      'Add --yes, or look first with --dry-run',
    )
  context.stderr.write(
    `In the AWS account ${account}:\n${resources.map((one) => `  ${one}\n`).join('')}`,
  )
  if (await askYes(context, 'Destroy all of it? Type yes: ')) return
  if (context.signal.aborted) throw context.signal.reason as Interrupted
  throw new TmuxBuilderError('refused', exitCodes.buildFailed, 'Nothing was destroyed.')
}
