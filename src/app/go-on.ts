import { readAgentEnvironment, writeAgentEnvironment } from '../session/agent-environment.ts'
import { endSessionProcesses } from '../session/end-session.ts'
import { type LockedSession, withSupervisorLock } from '../session/locks.ts'
import type { Scope } from '../session/scope.ts'
import { readPanesToStart } from '../session/session-panes.ts'
import { ensureSupervisor, ensureTmuxSession, prepareSession } from '../session/start.ts'
import type { Build } from '../store/builds.ts'
import { extendVariables } from '../targets/aws/aws-variables.ts'
import { keepPreview } from '../targets/local/ensure-preview.ts'

/**
 * Gives an unfinished build that has lost its supervisor a new one, with its tmux session and preview. The
 * attempt and the agent's conversation continue. Returns once a supervisor holds the build.
 */
export async function goOn(
  scope: LockedSession,
  build: Build,
  agentEnvironment: Readonly<Record<string, string>>,
): Promise<void> {
  const panes = await readPanesToStart(scope)
  // A supervisor that outlived its tmux session cannot work, but still holds the lock.
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
 * Lets the environment of this command win, and keeps what it lacks from the build's start: at boot the keys
 * that the build was started with are not set.
 */
async function extendAgentEnvironment(
  scope: Scope,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const before = await readAgentEnvironment(scope)
  await writeAgentEnvironment(scope, extendVariables(before ?? {}, environment))
}
