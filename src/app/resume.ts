import { requireAgentProgram } from '../agents/launch.ts'
import { requireProfile } from '../agents/profiles.ts'
import { isFinal } from '../domain/build-state.ts'
import { Interrupted, TmuxBuilderError, usageError } from '../errors.ts'
import { readAgentEnvironment } from '../session/agent-environment.ts'
import { endSession } from '../session/end-session.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { isExpired } from '../session/health.ts'
import { type LockedSession, withSessionLock } from '../session/locks.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { readPanesToStart } from '../session/session-panes.ts'
import { ensureTmuxSession, hasSupervisor } from '../session/start.ts'
import { type Build, continueStopped, findLatestBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { listSessions, restoreSession } from '../store/sessions.ts'
import { awsTextOf, extendVariables } from '../targets/aws/aws-variables.ts'
import { keepPreview, restorePreview } from '../targets/local/live-preview.ts'
import { findPreview } from '../targets/local/preview-address.ts'
import { targetOf } from '../targets/targets.ts'
import { agentEnvironmentNow } from './build-options.ts'
import { explainError } from './explain-error.ts'
import { goOn } from './hand-over.ts'
import { type App, requireScope, scopeIn } from './open-app.ts'
import { type Failure, tellFailures } from './tell-failures.ts'

export interface Resumed {
  readonly guid: string
  readonly build: number
  /** `running` and `nothing`: nothing was missing; `went_on`, `next_attempt`, `preview`: what was brought back. */
  readonly did: 'running' | 'nothing' | 'went_on' | 'next_attempt' | 'preview'
}

export interface ResumedAll {
  readonly resumed: readonly Resumed[]
  /** Tells of each session that could not be brought back. */
  readonly failure: TmuxBuilderError | undefined
}

/** One session, or with `all` what a reboot, a logout or a lost tmux server took from this home. */
export async function resumeCommand(
  app: App,
  guid: string | undefined,
  all: boolean,
): Promise<ResumedAll> {
  if ((guid === undefined) !== all)
    throw usageError('Give either a session or --all.', 'For example: tmux-builder resume --all')
  if (guid === undefined) return resumeAll(app)
  const scope = requireScope(app, guid)
  return {
    resumed: [await inSession(scope, bringBack)],
    failure: undefined,
  }
}

/** One session after the other; what one lacks does not keep the others waiting. */
async function resumeAll(app: App): Promise<ResumedAll> {
  const { store, world } = app
  const resumed: Resumed[] = []
  const failures: Failure[] = []
  let bug: unknown
  for (const { guid } of listSessions(store)) {
    world.signal.throwIfAborted()
    const scope = scopeIn(app, guid)
    if (!isLost(scope)) continue
    try {
      const done = await inSession(scope, bringBackLost)
      if (done) resumed.push(done)
    } catch (error) {
      if (error instanceof Interrupted) throw error
      const told = explainError(error)
      if (told) failures.push({ name: guid.slice(0, 12), error: told })
      else bug ??= error
    }
  }
  if (bug !== undefined) throw bug
  return {
    resumed,
    failure: tellFailures(
      failures,
      'sessions could not be brought back',
      'tmux-builder resume --all',
    ),
  }
}

async function inSession<T>(
  scope: Scope,
  act: (locked: LockedSession, build: Build) => Promise<T>,
): Promise<T> {
  await ensureSessionFolder(scope)
  return withSessionLock(scope, (locked) => {
    const build = findLatestBuild(scope.store, scope.guid)
    if (!build)
      throw usageError('This session has no build.', 'Start one with: tmux-builder register')
    return act(locked, build)
  })
}

/** An unfinished build, or a live site whose tmux session nobody ended: what was stopped stays so. */
function isLost(scope: Scope): boolean {
  const session = requireSession(scope)
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build || session.archivedAt !== undefined) return false
  if (!isFinal(build.state)) return true
  return (
    session.liveRelease !== undefined &&
    session.tmuxCreatedAt !== undefined &&
    findPreview(session) === undefined &&
    !isExpired(scope, session)
  )
}

async function bringBackLost(scope: LockedSession, build: Build): Promise<Resumed | undefined> {
  // Somebody was faster, or ended it.
  if (!isLost(scope)) return undefined
  if (!isFinal(build.state)) return bringBack(scope, build)
  await ensureTmuxSession(scope, build)
  await keepPreview(scope)
  return { guid: scope.guid, build: build.build, did: 'preview' }
}

/** An unfinished build goes on; a stopped one tries again; a deployed one is served again. */
async function bringBack(scope: LockedSession, build: Build): Promise<Resumed> {
  const done = (did: Resumed['did']): Resumed => ({ guid: scope.guid, build: build.build, did })
  if (build.state === 'failed')
    throw new TmuxBuilderError(
      'failed',
      `Build ${build.build} has failed (${build.reason}).`,
      'Start a new one with: tmux-builder register --rebuild',
    )
  // What refuses comes first: another home's session, a tmux that is missing.
  const panes = await readPanesToStart(scope)
  if (!isFinal(build.state) && panes.length > 0 && hasSupervisor(scope)) return done('running')
  if (build.state === 'deployed') {
    await scope.store.transact((tx) => restoreSession(tx, scope.guid))
    await restorePreview(scope, build.build)
    return done(targetOf(build.target).isRemote ? 'nothing' : 'preview')
  }
  const profile = await requireProfile(build.agent)
  const environment = await agentEnvironmentNow(scope.world, profile)
  // Without it attempt after attempt would fail.
  requireAgentProgram(profile, scope.world.env.PATH ?? '')
  const before = await readAgentEnvironment(scope)
  const now = extendVariables(before ?? {}, environment)
  // What it had is known to be good: at boot the network may not be there yet.
  if (!before || awsTextOf(before) !== awsTextOf(now))
    await targetOf(build.target).requireAccess(scope, build.place, now)
  const isStopped = build.state === 'stopped'
  // Its `stop` may have been cut short.
  if (isStopped) await endSession(scope, build.build, 'stop')
  await scope.store.transact((tx) => {
    restoreSession(tx, scope.guid)
    if (isStopped) continueStopped(tx, build)
    appendEvent(tx, build, 'resumed', { by: 'resume' })
  })
  await goOn(scope, build, environment)
  return done(isStopped ? 'next_attempt' : 'went_on')
}
