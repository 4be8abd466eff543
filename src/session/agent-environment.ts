import { readFile, rm } from 'node:fs/promises'
import type { Variables } from '../world/world.ts'
import type { Scope } from './scope.ts'
import { writeFileAtomic } from './write-files.ts'

/**
 * Saves the environment that the command gives to the agent of its build, in a 0600 file that is removed when the
 * build ends.
 */
export const writeAgentEnvironment = (scope: Scope, environment: Variables): Promise<void> =>
  writeFileAtomic(scope.paths.agentEnvironment, JSON.stringify(environment))

/** Reads the saved environment of the agent; `undefined` when none was saved. */
export async function readAgentEnvironment(scope: Scope): Promise<Variables | undefined> {
  const text = await readFile(scope.paths.agentEnvironment, 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return undefined
    },
  )
  return text === undefined ? undefined : (JSON.parse(text) as Variables)
}

/** Removes the environment and the AWS files of the agent, which nothing uses after the build has ended. */
export async function removeAgentEnvironment({ paths }: Scope): Promise<void> {
  await rm(paths.agentEnvironment, { force: true })
  await rm(paths.agentAws, { recursive: true, force: true })
}
