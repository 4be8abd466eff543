import { notReady } from '../errors.ts'
import { findLatestBuild } from '../store/builds.ts'
import { takeAgentRole } from '../targets/aws/aws-target.ts'
import { type App, requireScope } from './open-app.ts'

/** What AWS's tools in the agent's pane call as their `credential_process`: fresh credentials of the agent's role. */
export async function agentCredentials(app: App, guid: string): Promise<object> {
  const scope = requireScope(app, guid)
  const build = findLatestBuild(scope.store, scope.guid)
  if (build?.place?.role === undefined)
    throw notReady(
      'The agent of this session has no role of its own.',
      'Start a build with --aws-agent-role',
    )
  return { Version: 1, ...(await takeAgentRole(scope, build.place)) }
}
