import { restoreRemoteRelease } from '../builds/roll-back.ts'
import { removeAgentEnvironment } from '../session/agent-environment.ts'
import { endSession, findProcesses } from '../session/end-session.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { type LockedSession, withSessionLock } from '../session/locks.ts'
import { tidyUp } from '../session/tidy.ts'
import { endBuild, findLatestBuild } from '../store/builds.ts'
import { restoreVerifiedRelease } from '../targets/local/live-preview.ts'
import { type App, requireScope } from './open-app.ts'

export interface Stopped {
  readonly guid: string
  readonly processes: number
}

/** Ends all processes of the session; a running build becomes `stopped`, an ended one keeps its state. */
export async function stop(app: App, guidOrPrefix: string): Promise<Stopped> {
  const scope = requireScope(app, guidOrPrefix)
  await ensureSessionFolder(scope)
  return {
    guid: scope.guid,
    processes: await withSessionLock(scope, (locked) => stopSession(locked, 'stop')),
  }
}

/** Records the stop first, because a supervisor that sees the record begins nothing more. */
export async function stopSession(scope: LockedSession, reason: string): Promise<number> {
  // Counted before the record: a supervisor that sees it ends the agent too.
  const seen = await findProcesses(scope)
  const build = findLatestBuild(scope.store, scope.guid)
  if (build)
    await scope.store.transact((tx) => endBuild(tx, build, 'stopped', { reason: 'stopped' }, {}))
  const processes = await endSession(scope, build?.build ?? 0, reason, seen)
  // What a build deployed that did not end as deployed must not be what comes back.
  const ended = findLatestBuild(scope.store, scope.guid)
  if (ended?.state !== 'deployed') {
    if (ended) await restoreRemoteRelease(scope, ended)
    await restoreVerifiedRelease(scope)
  }
  await removeAgentEnvironment(scope)
  await tidyUp(scope, true)
  return processes
}
