import { restoreTimeoutMs, rollBack } from '../builds/roll-back.ts'
import { checkAddress, within } from '../builds/verify-claim.ts'
import { type BuildDecision, decideBuild, isDeployed } from '../domain/decide-build.ts'
import { guidOf, type Identity, parseIdentity, shortGuid } from '../domain/identity.ts'
import { parseRequest, requestHash } from '../domain/request.ts'
import { conflict, TmuxBuilderError, usageError } from '../errors.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { type LockedSession, withSessionLock, withSupervisorLock } from '../session/locks.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { hasSupervisor, missingSupervisorMs } from '../session/start.ts'
import { findLatestBuild, listBuilds, recordReverified, requireBuild } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { findStandingRelease, hasReleaseOf } from '../store/releases.ts'
import { restoreSession, updateSession } from '../store/sessions.ts'
import { restorePreview } from '../targets/local/live-preview.ts'
import { targetOf } from '../targets/targets.ts'
import type { Variables } from '../world/world.ts'
import type { BuildPlan } from './build-options.ts'
import { handOver, takeOver } from './hand-over.ts'
import { type App, requireScope, scopeIn } from './open-app.ts'

/** What is to be built, and in which session. */
export type StartInput = {
  /** What the user asks for, as text or as its UTF-8 bytes. */
  readonly request: string | Uint8Array
  /** From `planBuild` or `planRefinement`. */
  readonly plan: BuildPlan
  /** Builds again what is deployed already. */
  readonly rebuild?: boolean
} & (
  | {
      readonly command: 'register'
      readonly identity: Identity
      /** The age in milliseconds at which what the session made in a cloud is to be destroyed. */
      readonly ttlMs?: number | undefined
    }
  | {
      readonly command: 'refine'
      /** The whole GUID or a prefix of it. */
      readonly guid: string
    }
)

export interface Started {
  readonly guid: string
  readonly build: number
  /**
   * `started`: it is new. `joined`: it ran already. `reported`: it was deployed before, and its address still
   * answers.
   */
  readonly how: 'started' | 'joined' | 'reported'
  /** What the agent may see: `followBuild` needs it to bring a missing supervisor back. */
  readonly agentEnvironment: Variables
}

/** A request in its session, with all that was resolved from the input. */
interface Wanted {
  readonly command: 'register' | 'refine'
  readonly identity: Identity
  readonly bytes: Uint8Array
  readonly hash: string
  readonly plan: BuildPlan
  readonly rebuild: boolean
  readonly ttlMs: number | undefined
  /** A deployed build whose address was found not to answer. */
  readonly notLive?: number
}

/** How long a deployed address may take to show that it is still live. */
const reverifyTimeoutMs = 15_000
/** A wait that is longer than this is announced. */
const noticeAfterMs = 2_000
const pollMs = 50

/**
 * Makes exactly one build of a request, however many callers ask for the same at the same moment, and returns
 * when it is handed over: recorded, with a supervisor that holds it. Reasons: `usage`, `not_ready`, `conflict`,
 * `no_such_session`.
 */
export async function startBuild(app: App, input: StartInput): Promise<Started> {
  const isRefinement = input.command === 'refine'
  const scope = isRefinement
    ? requireScope(app, input.guid)
    : scopeIn(app, guidOf(parseIdentity(input.identity)))
  const { request, plan } = input
  const bytes = parseRequest(typeof request === 'string' ? Buffer.from(request, 'utf8') : request)
  const started = await startOrJoin(scope, {
    command: input.command,
    identity: isRefinement ? requireSession(scope).identity : parseIdentity(input.identity),
    bytes,
    hash: requestHash(bytes),
    plan,
    rebuild: input.rebuild === true,
    ttlMs: isRefinement ? undefined : input.ttlMs,
  })
  return { guid: scope.guid, ...started, agentEnvironment: plan.agentEnvironment }
}

/**
 * Returns when a supervisor holds the build or the build has ended; one that is missing for 10 s is started
 * again.
 */
export async function awaitSupervisor(app: App, started: Started): Promise<void> {
  const scope = scopeIn(app, started.guid)
  const isHeld = () =>
    hasSupervisor(scope) ||
    requireBuild(app.store, started.guid, started.build).endedAt !== undefined
  const deadline = app.world.elapsed() + missingSupervisorMs
  while (!isHeld() && app.world.elapsed() < deadline) await app.world.sleep(pollMs)
  if (!isHeld()) await takeOver(scope, started.build, started.agentEnvironment)
}

async function startOrJoin(scope: Scope, wanted: Wanted): Promise<Pick<Started, 'build' | 'how'>> {
  const first = decideOrRefuse(scope, wanted)
  if (first.do === 'join') return join(scope, wanted, first.build)
  const { target, agentEnvironment } = wanted.plan
  // AWS is asked before it costs an agent.
  const place =
    first.do === 'start'
      ? await targetOf(target).requireAccess(scope, wanted.plan.place, agentEnvironment)
      : wanted.plan.place
  await ensureSessionFolder(scope)
  if (first.do === 'start') await awaitRestore(scope)
  // The decision is made again under the lock, so that only one of several callers makes the build.
  const done = await withSessionLock(scope, (locked) => act(locked, { ...wanted, place }))
  if (done.do === 'join') return join(scope, wanted, done.build)
  if (done.do === 'started') return { build: done.build, how: 'started' }
  if (requireSession(scope).rollback) await finishRollback(scope)
  if (await isStillLive(scope, wanted.command, done.build)) {
    await scope.store.transact((tx) => markForDestruction(tx, scope, wanted))
    return { build: done.build, how: 'reported' }
  }
  // It is no longer live, so a new build follows, unless another caller has begun one meanwhile.
  return startOrJoin(scope, { ...wanted, notLive: done.build })
}

async function join(scope: Scope, wanted: Wanted, build: number) {
  await scope.store.transact((tx) => markForDestruction(tx, scope, wanted))
  return { build, how: 'joined' } as const
}

/** The latest request decides how long its resources are kept. */
function markForDestruction(tx: Tx, { world, guid }: Scope, { ttlMs }: Wanted): void {
  if (ttlMs === undefined) return
  const destroyAt = new Date(world.now() + ttlMs).toISOString()
  updateSession(tx, guid, { destroyAt })
}

type Allowed = Exclude<BuildDecision, { do: 'conflict' | 'never_deployed' }>

function decideOrRefuse({ store, guid }: Scope, wanted: Wanted): Allowed {
  const { plan } = wanted
  const builds = listBuilds(store, guid)
  const deployed = builds.findLast(isDeployed)?.build
  const decision = decideBuild(builds, {
    command: wanted.command,
    requestHash: wanted.hash,
    agent: plan.isAgentExplicit ? plan.agent : undefined,
    target: plan.isTargetExplicit ? plan.target : undefined,
    rebuild: wanted.rebuild || (deployed !== undefined && deployed === wanted.notLive),
  })
  const short = shortGuid(guid)
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

type Done =
  | Extract<BuildDecision, { do: 'join' | 'report' }>
  | { readonly do: 'started'; readonly build: number }

async function act(
  scope: LockedSession,
  wanted: Wanted & { readonly place: BuildPlan['place'] },
): Promise<Done> {
  const decision = decideOrRefuse(scope, wanted)
  if (decision.do === 'join') return decision
  if (decision.do === 'start') {
    const alsoRecord = (tx: Tx) => markForDestruction(tx, scope, wanted)
    return { do: 'started', build: await handOver(scope, { ...wanted, alsoRecord }) }
  }
  await scope.store.transact((tx) => restoreSession(tx, scope.guid))
  await restorePreview(scope, decision.build)
  return decision
}

/**
 * Finishes a rollback that was interrupted, because only then is it known which release is live. Where it
 * cannot be finished, the look at the address decides.
 */
async function finishRollback(scope: Scope): Promise<void> {
  try {
    await rollBack(scope, undefined)
  } catch (error) {
    if (!(error instanceof TmuxBuilderError)) throw error
    scope.world.notice(`the interrupted rollback could not be finished: ${error.message}`)
  }
}

/**
 * After a failure on a remote target the supervisor may take minutes to make the last verified release live
 * again.
 */
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

async function isStillLive(
  scope: Scope,
  command: Wanted['command'],
  number: number,
): Promise<boolean> {
  const { world, guid, store } = scope
  const build = requireBuild(store, guid, number)
  const standing = findStandingRelease(store, guid, build.target)
  // After a rollback the live release is not the one that this refinement made.
  if (command === 'refine' && hasReleaseOf(store, build) && standing?.build !== number) return false
  if (!build.settings.verify) return true
  const short = within(build, reverifyTimeoutMs)
  const outcome = await checkAddress(scope, short, build.url ?? '', world.signal)
  if (outcome.verified) await store.transact((tx) => recordReverified(tx, build, outcome.warnings))
  return outcome.verified
}
