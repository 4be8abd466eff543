import type { Context } from '../context.ts'
import { isFinal } from '../domain/build-state.ts'
import { exitCodes, TmuxBuilderError, usageError } from '../errors.ts'
import { withCommandLock } from '../session/command-lock.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { type Scope, scopeOf } from '../session/scope.ts'
import { ensureSupervisor, ensureTmuxSession, hasSupervisor } from '../session/start.ts'
import { readSettings } from '../settings.ts'
import { type Build, continueStopped, findLatestBuild, listLatestBuilds } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { listSessions, restoreSession } from '../store/sessions.ts'
import { agentEnvironmentNow } from './build-options.ts'
import { openHome, openSession } from './open.ts'
import { keepPreview, restorePreview, writeAgentEnvironment } from './start-build.ts'

export interface Resumed {
  readonly guid: string
  readonly build: number
  /** `running`: it had a supervisor; `went_on`, `next_attempt`, `preview`: what was brought back. */
  readonly did: 'running' | 'went_on' | 'next_attempt' | 'preview'
}

/** One session, or with `all` every unfinished build of this home. */
export async function resumeCommand(
  context: Context,
  guid: string | undefined,
  all: boolean,
): Promise<readonly Resumed[]> {
  if ((guid === undefined) !== all)
    throw usageError('Give either a session or --all.', 'For example: tmux-builder resume --all')
  return guid === undefined ? resumeAll(context) : [await resume(context, guid)]
}

/** Brings a session's build back: an unfinished one goes on, a stopped one tries again, a deployed one is served again. */
async function resume(context: Context, guidOrPrefix: string): Promise<Resumed> {
  const scope = openSession(context, guidOrPrefix)
  await ensureSessionFolder(scope)
  return withCommandLock(scope, () => bringBack(scope))
}

/** Brings back every unfinished build of this home. */
async function resumeAll(context: Context): Promise<readonly Resumed[]> {
  const { home, store } = openHome(context, { create: false })
  const builds = listLatestBuilds(store)
  const resumed: Resumed[] = []
  for (const session of listSessions(store)) {
    const build = builds.get(session.guid)
    if (!build || isFinal(build.state) || session.archivedAt !== undefined) continue
    const scope = scopeOf(context, store, home, session.guid)
    await ensureSessionFolder(scope)
    resumed.push(await withCommandLock(scope, () => bringBack(scope)))
  }
  return resumed
}

async function bringBack(scope: Scope): Promise<Resumed> {
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build)
    throw usageError('This session has no build.', 'Start one with: tmux-builder register')
  const done = (did: Resumed['did']): Resumed => ({ guid: scope.guid, build: build.build, did })
  // Out of sight nothing runs.
  if (build.state !== 'failed') restoreSession(scope.store, scope.guid)
  switch (build.state) {
    case 'deployed':
      await restorePreview(scope, build.build)
      return done('preview')
    case 'failed':
      throw new TmuxBuilderError(
        'failed',
        exitCodes.buildFailed,
        `Build ${build.build} has failed (${build.reason}).`,
        'Start a new one with: tmux-builder register --rebuild',
      )
    case 'stopped':
      continueStopped(scope.store, build)
      await goOn(scope, build)
      return done('next_attempt')
    default:
      if (hasSupervisor(scope)) return done('running')
      await goOn(scope, build)
      return done('went_on')
  }
}

async function goOn(scope: Scope, build: Build): Promise<void> {
  await writeAgentEnvironment(
    scope,
    agentEnvironmentNow(scope.context, await readSettings(scope.context), undefined),
  )
  await ensureTmuxSession(scope, build)
  appendEvent(scope.store, build, 'resumed', { by: 'resume' })
  await ensureSupervisor(scope)
  await keepPreview(scope)
}
