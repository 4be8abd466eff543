import type { Scope } from '../session/scope.ts'
import { agentRoleOf, type Build } from '../store/builds.ts'

/** Exit 5 where the agent's role cannot be taken: that is found before it costs an agent. */
export async function requireAgentRole(
  scope: Scope,
  build: Pick<Build, 'target' | 'settings'>,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  const role = agentRoleOf(build)
  if (role === null) return
  const { assumeAgentRole } = await import('../deploy/aws/agent-role.ts')
  await assumeAgentRole(scope, build, role, environment)
}
