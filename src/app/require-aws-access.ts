import type { Scope } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'

/**
 * Looks before it costs an agent whether a build on `aws` will be let in with what its agent may see, and can take the
 * agent's role where it has one. Exit 5 if not, 2 for an account that is not allowed.
 */
export async function requireAwsAccess(
  scope: Scope,
  build: Pick<Build, 'target' | 'settings'>,
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  if (build.target !== 'aws') return
  const role = build.settings.awsAgentRole
  if (role === null) {
    const { withStartersAccount } = await import('../targets/aws/starters-account.ts')
    await withStartersAccount(scope, build, environment, async () => {})
  } else {
    const { assumeAgentRole } = await import('../targets/aws/assume-role.ts')
    await assumeAgentRole(scope, build, role, environment)
  }
}
