import { join } from 'node:path'
import { restoreTimeoutMs, rollBack } from '../builds/roll-back.ts'
import { checkAddress, within } from '../builds/verify-claim.ts'
import { type Decision, decideBuild, isDeployed, type Wish } from '../domain/decide-build.ts'
import type { Identity } from '../domain/identity.ts'
import { conflict, notReady, TmuxBuilderError, usageError } from '../errors.ts'
import { writeAgentEnvironment } from '../session/agent-environment.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { type LockedSession, withSessionLock, withSupervisorLock } from '../session/locks.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { readPanesToStart } from '../session/session-panes.ts'
import { ensureSupervisor, hasSupervisor, prepareSession } from '../session/start.ts'
import { writeFileAtomic } from '../session/write-files.ts'
import {
  createBuild,
  findLatestBuild,
  listBuilds,
  recordReverified,
  requireBuild,
} from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { nextPromptNumber, takePromptNumber } from '../store/deliveries.ts'
import { findStandingRelease, hasReleaseOf } from '../store/releases.ts'
import { ensureSession, restoreSession, updateSession } from '../store/sessions.ts'
import { keepPreview, restorePreview } from '../targets/local/live-preview.ts'
import { targetOf } from '../targets/targets.ts'
import type { BuildPlan } from './build-options.ts'
import { goOn } from './go-on.ts'

export interface BuildRequest {
  readonly command: 'register' | 'refine'
  readonly identity: Identity
  readonly bytes: Uint8Array
  readonly hash: string
  readonly rebuild: boolean
  /** This deployed build was found not to be live any more. */
  readonly notLive?: number
  /** After it what the session made in a cloud is to be destroyed. */
  readonly ttlMs?: number
  readonly plan: BuildPlan
}

export interface Started {
  readonly build: number
  /** `started`: ours, handed over. `joined`: it ran already. `reported`: deployed before and verified again. */
  readonly how: 'started' | 'joined' | 'reported'
}

/** How long a deployed address may take to show that it is still live. */
const reverifyTimeoutMs = 15_000
/** What takes longer is told. */
const noticeAfterMs = 2_000
/** How long the supervisor of an ended build may take to put things in order. */
const leaveTimeoutMs = 20_000

/** Makes exactly one build of a request, whoever else asks for the same at the same moment. */
export async function startOrJoin(scope: Scope, request: BuildRequest): Promise<Started> {
  const first = decide(scope, request)
  if (first.do === 'join') return joinBuild(scope, request, first.build)
  const place = first.do === 'start' ? await requireAccess(scope, request) : request.plan.place
  await ensureSessionFolder(scope)
  if (first.do === 'start') await awaitRestore(scope)
  const decision = await withSessionLock(scope, (locked) =>
    act(locked, request, place, decide(scope, request)),
  )
  if (decision.do === 'join') return joinBuild(scope, request, decision.build)
  if (decision.do === 'started') return { build: decision.build, how: 'started' }
  if (requireSession(scope).rollback) await finishRollback(scope)
  if (await isStillLive(scope, request.command, decision.build)) {
    await scope.store.transact((tx) => markForDestruction(tx, scope, request))
    return { build: decision.build, how: 'reported' }
  }
  // Not live any more: a new build, unless somebody else has begun one meanwhile.
  return startOrJoin(scope, { ...request, notLive: decision.build })
}

const requireAccess = (scope: Scope, { plan }: BuildRequest) =>
  targetOf(plan.target).requireAccess(scope, plan.place, plan.agentEnvironment)

/**
 * One that was cut short: which release is live is known only when it is done. Where it cannot be, the look at the
 * address tells.
 */
async function finishRollback(scope: Scope): Promise<void> {
  try {
    await rollBack(scope, undefined)
  } catch (error) {
    if (!(error instanceof TmuxBuilderError)) throw error
    scope.world.notice(`the interrupted rollback could not be finished: ${error.message}`)
  }
}

/** After a failure on a remote target a supervisor may take minutes to put things in order. Nobody else is kept waiting for it. */
async function awaitRestore(scope: Scope): Promise<void> {
  const { world, guid, store } = scope
  const last = findLatestBuild(store, guid)
  if (!last || !targetOf(last.target).isRemote || !/^(failed|stopped)$/.test(last.state)) return
  if (await withSupervisorLock(scope, noticeAfterMs, async () => {})) return
  world.notice(
    'waiting for the supervisor of the last build, which makes the last verified release live again',
  )
  await withSupervisorLock(scope, restoreTimeoutMs, async () => {})
}

async function joinBuild(scope: Scope, request: BuildRequest, build: number): Promise<Started> {
  await scope.store.transact((tx) => markForDestruction(tx, scope, request))
  return { build, how: 'joined' }
}

/** The latest request decides how long what it makes is kept. */
function markForDestruction(tx: Tx, { world, guid }: Scope, { ttlMs }: BuildRequest): void {
  if (ttlMs === undefined) return
  const destroyAt = new Date(world.now() + ttlMs).toISOString()
  updateSession(tx, guid, { destroyAt })
}

type Settled =
  | Extract<Decision, { do: 'join' | 'report' }>
  | { readonly do: 'started'; readonly build: number }

function decide(
  scope: Scope,
  request: BuildRequest,
): Exclude<Decision, { do: 'conflict' | 'never_deployed' }> {
  const { plan } = request
  const builds = listBuilds(scope.store, scope.guid)
  const deployed = builds.findLast(isDeployed)?.build
  const wish: Wish = {
    command: request.command,
    requestHash: request.hash,
    agent: plan.isAgentExplicit ? plan.agent : undefined,
    target: plan.isTargetExplicit ? plan.target : undefined,
    rebuild: request.rebuild || (deployed !== undefined && deployed === request.notLive),
  }
  const decision = decideBuild(builds, wish)
  const short = scope.guid.slice(0, 12)
  if (decision.do === 'conflict')
    throw conflict(
      `Another build (${decision.build}) is running in this session.`,
      `Wait for it (tmux-builder status ${short} --watch), end it (tmux-builder stop ${short}), change it when it is deployed (tmux-builder refine ${short}), or give this request a session of its own with --project NAME`,
    )
  if (decision.do === 'never_deployed')
    throw usageError(
      'Nothing is deployed in this session, so there is nothing to refine.',
      'Start with: tmux-builder register',
    )
  return decision
}

async function act(
  scope: LockedSession,
  request: BuildRequest,
  place: BuildPlan['place'],
  decision: Exclude<Decision, { do: 'conflict' | 'never_deployed' }>,
): Promise<Settled> {
  if (decision.do === 'join') return decision
  if (decision.do === 'start')
    return { do: 'started', build: await handOver(scope, request, place) }
  await scope.store.transact((tx) => restoreSession(tx, scope.guid))
  await restorePreview(scope, decision.build)
  return decision
}

/** Records the build, makes its surroundings and returns when a supervisor holds it. */
async function handOver(
  scope: LockedSession,
  request: BuildRequest,
  place: BuildPlan['place'],
): Promise<number> {
  const { store, guid, paths } = scope
  const panes = await readPanesToStart(scope)
  let build = 0
  const isDone = await withSupervisorLock(scope, leaveTimeoutMs, async () => {
    build = await recordBuild(scope, request, place)
    await prepareSession(scope, requireBuild(store, guid, build), panes)
  })
  if (!isDone)
    throw notReady(
      'The supervisor of the last build did not exit in time.',
      `Its log says why: ${paths.supervisorLog}. Or end it: tmux-builder stop ${guid.slice(0, 12)}`,
    )
  await ensureSupervisor(scope)
  await keepPreview(scope)
  return build
}

async function recordBuild(
  scope: Scope,
  request: BuildRequest,
  place: BuildPlan['place'],
): Promise<number> {
  const { store, guid, paths } = scope
  const { plan } = request
  const number = nextPromptNumber(store, guid)
  const requestFile = join('prompts', `${String(number).padStart(3, '0')}-request.md`)
  await writeFileAtomic(join(paths.folder, requestFile), request.bytes)
  await writeAgentEnvironment(scope, plan.agentEnvironment)
  return store.transact((tx) => {
    ensureSession(tx, guid, request.identity)
    restoreSession(tx, guid)
    markForDestruction(tx, scope, request)
    takePromptNumber(tx, guid, number)
    return createBuild(tx, {
      guid,
      command: request.command,
      requestHash: request.hash,
      requestBytes: request.bytes.length,
      requestFile,
      agent: plan.agent,
      agentOptions: plan.agentOptions,
      target: plan.target,
      settings: plan.settings,
      place,
    })
  })
}

/** Gives a build whose supervisor is gone a new one. */
export async function takeOver(
  scope: Scope,
  build: number,
  agentEnvironment: Readonly<Record<string, string>>,
): Promise<void> {
  await withSessionLock(scope, async (locked) => {
    const record = requireBuild(scope.store, scope.guid, build)
    // Another joiner was first: a session at work is not judged.
    if (record.endedAt !== undefined || hasSupervisor(scope)) return
    await goOn(locked, record, agentEnvironment)
  })
}

async function isStillLive(
  scope: Scope,
  command: BuildRequest['command'],
  number: number,
): Promise<boolean> {
  const { world, guid, store } = scope
  const build = requireBuild(store, guid, number)
  const standing = findStandingRelease(store, guid, build.target)
  // Rolled back since: what this refinement made is not what is live.
  if (command === 'refine' && hasReleaseOf(store, build) && standing?.build !== number) return false
  if (!build.settings.verify) return true
  const short = within(build, reverifyTimeoutMs)
  const outcome = await checkAddress(scope, short, build.url ?? '', world.signal)
  if (outcome.verified) await store.transact((tx) => recordReverified(tx, build, outcome.warnings))
  return outcome.verified
}
