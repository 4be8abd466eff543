import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type AwsFiles, extendVariables } from '../domain/aws-variables.ts'
import type { SessionPaths } from './paths.ts'
import type { Scope } from './scope.ts'
import { writeFileAtomic } from './write-files.ts'

type Variables = Readonly<Record<string, string>>

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

/**
 * Merges this command's environment into the saved one, for a build that goes on. Values that this command lacks
 * stay, because a command at boot does not have the keys that the build was started with.
 */
export async function extendAgentEnvironment(scope: Scope, environment: Variables): Promise<void> {
  const before = await readAgentEnvironment(scope)
  await writeAgentEnvironment(scope, extendVariables(before ?? {}, environment))
}

/** Removes the environment and the AWS files of the agent, which nothing uses after the build has ended. */
export async function removeAgentEnvironment({ paths }: Scope): Promise<void> {
  await rm(paths.agentEnvironment, { force: true })
  await rm(paths.agentAws, { recursive: true, force: true })
}

/** The files that the variables of AWS's tools name when the agent works with a role of its own. */
export const awsFilesOf = ({ agentAws }: SessionPaths): AwsFiles => ({
  config: join(agentAws, 'config'),
  credentials: join(agentAws, 'credentials'),
})
