import { extendAgentEnvironment } from '../session/agent-environment.ts'
import { endSessionProcesses } from '../session/end-session.ts'
import { type LockedSession, withSupervisorLock } from '../session/locks.ts'
import { requireSession } from '../session/scope.ts'
import { readPanesToStart } from '../session/session-panes.ts'
import {
  endExpiredSession,
  ensureSupervisor,
  ensureTmuxSession,
  prepareSession,
} from '../session/start.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { findStandingRelease } from '../store/releases.ts'
import { ensurePreview } from '../targets/local/ensure-preview.ts'
import { switchRelease } from '../targets/local/live-release.ts'

/**
 * Gives an unfinished build that nothing works on its tmux session, a supervisor and its preview; the attempt and the
 * agent's conversation go on. Returns when a supervisor holds it.
 */
export async function goOn(
  scope: LockedSession,
  build: Build,
  agentEnvironment: Readonly<Record<string, string>>,
): Promise<void> {
  const panes = await readPanesToStart(scope)
  // One that outlived its tmux session cannot work, and holds the lock.
  if (panes.length === 0) await endSessionProcesses(scope, 'supervisor')
  await withSupervisorLock(scope, 0, async () => {
    await extendAgentEnvironment(scope, agentEnvironment)
    if (build.attempt === 0) await prepareSession(scope, build, panes)
    else await ensureTmuxSession(scope, build)
  })
  await ensureSupervisor(scope)
  await keepPreview(scope)
}

/** What is live stays so while a build runs and after one that failed, though its tmux session was made anew. */
export async function keepPreview(scope: LockedSession): Promise<void> {
  if (requireSession(scope).liveRelease !== undefined) await ensurePreview(scope)
}

/** Brings the preview of the release that is to be served back, with a tmux session around it that is young enough. */
export async function restorePreview(
  scope: LockedSession,
  number: number,
  wanted?: number,
): Promise<void> {
  const build = requireBuild(scope.store, scope.guid, number)
  await endExpiredSession(scope, build)
  if (build.target !== 'local') return
  const release = wanted ?? findStandingRelease(scope.store, scope.guid, 'local')?.release
  if (release !== undefined && release !== requireSession(scope).liveRelease)
    await switchRelease(scope, release)
  await ensureTmuxSession(scope, build)
  await ensurePreview(scope)
}
