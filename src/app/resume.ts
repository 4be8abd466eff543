import { requireAgentProgram } from '../agents/launch.ts'
import { requireProfile } from '../agents/profiles.ts'
import { isFinal } from '../domain/build-state.ts'
import { shortGuid } from '../domain/identity.ts'
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
import { type Failure, joinFailures } from './join-failures.ts'
import { type App, requireScope, scopeIn } from './open-app.ts'

export interface Resumed {
  readonly guid: string
  readonly build: number
  /** With `running` and `nothing`, nothing was missing; the others say what was resumed. */
  readonly did: 'running' | 'nothing' | 'went_on' | 'next_attempt' | 'preview'
}

export interface ResumedAll {
  readonly resumed: readonly Resumed[]
  /** Names each session that could not be resumed. */
  readonly failure: TmuxBuilderError | undefined
}

/** Continues an unfinished or stopped build of the session, or serves its deployed site again. */
export const resume = (app: App, guidOrPrefix: string): Promise<Resumed> =>
  inSession(requireScope(app, guidOrPrefix), resumeBuild)

/** Resumes what a reboot or a lost tmux server ended. A failure of one session does not stop the others. */
export async function resumeAll(app: App): Promise<ResumedAll> {
  const { store, world } = app
  const resumed: Resumed[] = []
  const failures: Failure[] = []
  let bug: unknown
  for (const { guid } of listSessions(store)) {
    world.signal.throwIfAborted()
    const scope = scopeIn(app, guid)
    if (!isLost(scope)) continue
    try {
      const done = await inSession(scope, resumeLost)
      if (done) resumed.push(done)
    } catch (error) {
      if (error instanceof Interrupted) throw error
      const explained = explainError(error)
      if (explained) failures.push({ name: shortGuid(guid), error: explained })
      else bug ??= error
    }
  }
  if (bug !== undefined) throw bug
  return {
    resumed,
    failure: joinFailures(failures, 'sessions could not be resumed', 'tmux-builder resume --all'),
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

/** True for an unfinished build, and for a live site whose preview died; what a user stopped does not count. */
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

async function resumeLost(scope: LockedSession, build: Build): Promise<Resumed | undefined> {
  // Another command may have resumed or stopped it while this waited for the lock.
  if (!isLost(scope)) return undefined
  if (!isFinal(build.state)) return resumeBuild(scope, build)
  await ensureTmuxSession(scope, build)
  await keepPreview(scope)
  return { guid: scope.guid, build: build.build, did: 'preview' }
}

/** Continues an unfinished build, tries a stopped one again, and serves a deployed one again. */
async function resumeBuild(scope: LockedSession, build: Build): Promise<Resumed> {
  const done = (did: Resumed['did']): Resumed => ({ guid: scope.guid, build: build.build, did })
  if (build.state === 'failed')
    throw new TmuxBuilderError(
      'failed',
      `Build ${build.build} has failed (${build.reason}).`,
      'Start a new one with: tmux-builder register --rebuild',
    )
  // This refuses another home's session and a missing tmux, so it comes before any change.
  const panes = await readPanesToStart(scope)
  if (!isFinal(build.state) && panes.length > 0 && hasSupervisor(scope)) return done('running')
  if (build.state === 'deployed') {
    await scope.store.transact((tx) => restoreSession(tx, scope.guid))
    await restorePreview(scope, build.build)
    return done(targetOf(build.target).isRemote ? 'nothing' : 'preview')
  }
  const profile = await requireProfile(build.agent)
  const environment = await agentEnvironmentNow(scope.world, profile)
  // Without its program, every attempt would fail.
  requireAgentProgram(profile, scope.world.env.PATH ?? '')
  const before = await readAgentEnvironment(scope)
  const now = extendVariables(before ?? {}, environment)
  // Unchanged credentials are not checked again, because at boot the network may not be up yet.
  if (!before || awsTextOf(before) !== awsTextOf(now))
    await targetOf(build.target).requireAccess(scope, build.place, now)
  const isStopped = build.state === 'stopped'
  // The earlier `stop` may have been interrupted.
  if (isStopped) await endSession(scope, build.build, 'stop')
  await scope.store.transact((tx) => {
    restoreSession(tx, scope.guid)
    if (isStopped) continueStopped(tx, build)
    appendEvent(tx, build, 'resumed', { by: 'resume' })
  })
  await goOn(scope, build, environment)
  return done(isStopped ? 'next_attempt' : 'went_on')
}
