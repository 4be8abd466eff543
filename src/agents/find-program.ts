import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { notReady } from '../errors.ts'
import type { AgentProfile } from './profile.ts'

/** Exit 5 when the agent's program is not on that PATH (or, named absolutely, not there). */
export function requireAgentProgram(profile: AgentProfile, path: string): void {
  const [program = ''] = profile.command
  const candidates = isAbsolute(program)
    ? profile.command.filter(isAbsolute)
    : path.split(delimiter).map((folder) => join(folder, program))
  const isThere = isAbsolute(program)
    ? candidates.every(isFile)
    : candidates.some((file) => isFile(file) && isExecutable(file))
  if (!isThere)
    throw notReady(`The agent program ${program} is not installed.`, profile.installHint)
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
