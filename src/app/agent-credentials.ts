import { notReady } from '../errors.ts'
import { readAgentEnvironment } from '../session/agent-environment.ts'
import { agentRoleOf, findLatestBuild } from '../store/builds.ts'
import { type App, requireScope } from './open-app.ts'

/** What AWS's tools in the agent's pane call as their `credential_process`: fresh credentials of the agent's role. */
export async function agentCredentials(app: App, guid: string): Promise<object> {
  const scope = requireScope(app, guid)
  const build = findLatestBuild(scope.store, scope.guid)
  const role = build ? agentRoleOf(build) : null
  if (!build || role === null)
    throw notReady(
      'The agent of this session has no role of its own.',
      'Start a build with --aws-agent-role',
    )
  const { assumeAgentRole } = await import('../targets/aws/assume-role.ts')
  const taken = await assumeAgentRole(scope, build, role, await readAgentEnvironment(scope))
  return {
    Version: 1,
    AccessKeyId: taken.AccessKeyId,
    SecretAccessKey: taken.SecretAccessKey,
    SessionToken: taken.SessionToken,
    Expiration: taken.Expiration?.toISOString(),
  }
}
