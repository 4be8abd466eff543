import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { notReady } from '../errors.ts'
import type { AgentProfile } from './profile.ts'

/** Exit 5 when the agent's program is not there. */
export function requireAgentProgram(profile: AgentProfile, path: string): void {
  const missing = findMissingProgram(profile, path)
  if (missing !== undefined)
    throw notReady(`The agent program ${missing} is not installed.`, profile.installHint)
}

/** The agent's program, when it is not on that PATH (or, named absolutely, not there). */
export function findMissingProgram(profile: AgentProfile, path: string): string | undefined {
  const [program = ''] = profile.command
  const candidates = isAbsolute(program)
    ? profile.command.filter(isAbsolute)
    : path.split(delimiter).map((folder) => join(folder, program))
  const isThere = isAbsolute(program)
    ? candidates.every(isFile)
    : candidates.some((file) => isFile(file) && isExecutable(file))
  return isThere ? undefined : program
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
