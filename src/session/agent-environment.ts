import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type AwsFiles, extendVariables } from '../domain/aws-variables.ts'
import type { SessionPaths } from './paths.ts'
import type { Scope } from './scope.ts'
import { writeFileAtomic } from './write-files.ts'

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

/**
 * For a build that goes on: what this command brings wins, what it lacks stays as the build had it. At boot nobody
 * has the keys that the build was started with.
 */
export async function extendAgentEnvironment(scope: Scope, environment: Variables): Promise<void> {
  const before = await readAgentEnvironment(scope)
  await writeAgentEnvironment(scope, extendVariables(before ?? {}, environment))
}

/** The build has ended: nobody works with it any more. */
export async function removeAgentEnvironment({ paths }: Scope): Promise<void> {
  await rm(paths.agentEnvironment, { force: true })
  await rm(paths.agentAws, { recursive: true, force: true })
}

/** What the variables of AWS's tools name where the agent works with a role of its own. */
export const awsFilesOf = ({ agentAws }: SessionPaths): AwsFiles => ({
  config: join(agentAws, 'config'),
  credentials: join(agentAws, 'credentials'),
})
