import { readFile, rm } from 'node:fs/promises'
import { writeFileAtomic } from './files.ts'
import type { Scope } from './scope.ts'

type Variables = Readonly<Record<string, string>>

/** What whoever starts a build lets its agent have, in a 0600 file that is removed when the build ends. */
export const writeAgentEnvironment = (scope: Scope, environment: Variables): Promise<void> =>
  writeFileAtomic(scope.paths.agentEnvironment, JSON.stringify(environment))

/** `undefined`: nobody brought one. */
export async function readAgentEnvironment(scope: Scope): Promise<Variables | undefined> {
  const text = await readFile(scope.paths.agentEnvironment, 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return undefined
    },
  )
  return text === undefined ? undefined : (JSON.parse(text) as Variables)
}

/** The build has ended: nobody works with it any more. */
export async function removeAgentEnvironment({ paths }: Scope): Promise<void> {
  await rm(paths.agentEnvironment, { force: true })
  await rm(paths.agentAws, { recursive: true, force: true })
}
