import { readAgentEnvironment } from '../session/agent-environment.ts'
import type { Scope } from '../session/scope.ts'
import { programArgv } from '../world/package-root.ts'

const timeoutMs = 60_000

/** `stack`: ours, made by `deploy`. `tagged`: something else that carries the GUID. `unknown`: AWS could not be asked. */
export type Ownership = 'stack' | 'tagged' | 'none' | 'unknown'

/**
 * Whose is the host in the session's account? Asked by a program of its own, with what the agent may see: the SDK is
 * none of the supervisor's.
 */
export async function askOwnership(scope: Scope, host: string): Promise<Ownership> {
  const { world, guid } = scope
  const [file = '', ...args] = programArgv
  const done = await world.run(file, [...args, 'inventory', guid, '--host', host, '--json'], {
    env: { ...world.env, ...(await readAgentEnvironment(scope)) },
    timeoutMs,
  })
  if (done.exitCode !== 0) return 'unknown'
  const { resources = [] } = JSON.parse(done.stdout) as { resources?: { state: string }[] }
  if (resources.some((one) => one.state === 'ours')) return 'stack'
  return resources.length > 0 ? 'tagged' : 'none'
}
