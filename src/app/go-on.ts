import { readAgentEnvironment, writeAgentEnvironment } from '../session/agent-environment.ts'
import { endSessionProcesses } from '../session/end-session.ts'
import { type LockedSession, withSupervisorLock } from '../session/locks.ts'
import type { Scope } from '../session/scope.ts'
import { readPanesToStart } from '../session/session-panes.ts'
import { ensureSupervisor, ensureTmuxSession, prepareSession } from '../session/start.ts'
import type { Build } from '../store/builds.ts'
import { extendVariables } from '../targets/aws/aws-variables.ts'
import { keepPreview } from '../targets/local/live-preview.ts'

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

/**
 * For a build that goes on: what this command brings wins, what it lacks stays as the build had it. At boot nobody has
 * the keys that the build was started with.
 */
async function extendAgentEnvironment(
  scope: Scope,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const before = await readAgentEnvironment(scope)
  await writeAgentEnvironment(scope, extendVariables(before ?? {}, environment))
}
