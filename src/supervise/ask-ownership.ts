import { programArgv } from '../package-root.ts'
import { readAgentEnvironment } from '../session/agent-environment.ts'
import type { Scope } from '../session/scope.ts'

const timeoutMs = 60_000

/**
 * Does the host belong to something in the session's account that carries this GUID? Asked by a program of its own, with
 * what the agent may see; a profile that may not ask proves nothing.
 */
export async function isOwnedHost(scope: Scope, host: string): Promise<boolean> {
  const { context, guid } = scope
  const [file = '', ...args] = programArgv
  const done = await context.run(file, [...args, 'inventory', guid, '--host', host, '--json'], {
    env: { ...context.env, ...(await readAgentEnvironment(scope)) },
    timeoutMs,
  })
  if (done.exitCode !== 0) return false
  const { resources = [] } = JSON.parse(done.stdout) as { resources?: { name: string }[] }
  return resources.length > 0
}
