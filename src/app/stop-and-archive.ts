import { restoreRemoteRelease } from '../builds/roll-back.ts'
import { removeAgentEnvironment } from '../session/agent-environment.ts'
import { endSession, findProcesses } from '../session/end-session.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { type LockedSession, withSessionLock } from '../session/locks.ts'
import { requireAtRest, type Scope } from '../session/scope.ts'
import { tidyUp } from '../session/tidy.ts'
import { type Build, endBuild, findLatestBuild } from '../store/builds.ts'
import { archiveSession, restoreSession } from '../store/sessions.ts'
import { restoreVerifiedRelease } from '../targets/local/live-preview.ts'
import { type App, requireScope } from './open-app.ts'

export interface Stopped {
  readonly guid: string
  readonly processes: number
}

/** Ends all processes of the session. A running build becomes `stopped`; an ended one keeps its state. */
export async function stop(app: App, guidOrPrefix: string): Promise<Stopped> {
  const scope = requireScope(app, guidOrPrefix)
  await ensureSessionFolder(scope)
  return {
    guid: scope.guid,
    processes: await withSessionLock(scope, (locked) => stopSession(locked, 'stop')),
  }
}

/** Stops a locked session. The stop is recorded first, so that the supervisor begins nothing more. */
export async function stopSession(scope: LockedSession, reason: string): Promise<number> {
  // Counted before the stop is recorded: the supervisor ends the agent as soon as it sees that record.
  const seen = await findProcesses(scope)
  const build = findLatestBuild(scope.store, scope.guid)
  if (build)
    await scope.store.transact((tx) => endBuild(tx, build, 'stopped', { reason: 'stopped' }, {}))
  const processes = await endSession(scope, build?.build ?? 0, reason, seen)
  // A release of a build that did not end as deployed must not be what is served later.
  const ended = findLatestBuild(scope.store, scope.guid)
  if (ended?.state !== 'deployed') {
    if (ended) await restoreRemoteRelease(scope, ended)
    await restoreVerifiedRelease(scope)
  }
  await removeAgentEnvironment(scope)
  await tidyUp(scope, true)
  return processes
}

/** Ends the session's processes, hides it and keeps its folder. Throws `conflict` while a build runs. */
export async function archive(app: App, guidOrPrefix: string): Promise<string> {
  const scope = requireScope(app, guidOrPrefix)
  await archiveEnded(scope)
  return scope.guid
}

/** Archives a session unless its latest build has changed meanwhile; `false` means that nothing was done. */
export async function archiveEnded(
  scope: Scope,
  isUnchanged: (latest: Build | undefined) => boolean = () => true,
): Promise<boolean> {
  await ensureSessionFolder(scope)
  return withSessionLock(scope, async (locked) => {
    if (!isUnchanged(findLatestBuild(scope.store, scope.guid))) return false
    requireAtRest(scope)
    await stopSession(locked, 'archive')
    await scope.store.transact((tx) => archiveSession(tx, scope.guid))
    return true
  })
}

/** Shows an archived session in the list again. It starts nothing. */
export async function restore(app: App, guidOrPrefix: string): Promise<string> {
  const { guid, store } = requireScope(app, guidOrPrefix)
  await store.transact((tx) => restoreSession(tx, guid))
  return guid
}
