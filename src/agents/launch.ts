import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { notReady } from '../errors.ts'
import type { AgentPlace, AgentProfile, VisibleVariables } from './profile.ts'

/** What the placeholders of a profile stand for in one launch. */
export interface LaunchValues {
  readonly place: AgentPlace
  readonly conversation: string
  readonly message: string
}

/** Puts values into a profile's arguments; an unknown placeholder is a bug of the profile. */
export function fillArgs(args: readonly string[], values: LaunchValues): string[] {
  const { place } = values
  const known: Readonly<Record<string, string>> = {
    conversation: values.conversation,
    message: values.message,
    workspace: place.workspace,
    prompts: place.promptsFolder,
    agent_folder: place.agentFolder,
    hook_log: place.hookLog,
    settings_file: place.settingsFile,
    usage_file: place.usageFile,
  }
  return args.map((arg) =>
    arg.replace(/\{([a-z_]+)(?::([a-z-]+))?\}/g, (placeholder, name: string, option?: string) => {
      const value = name === 'option' ? place.options[option ?? ''] : known[name]
      if (value === undefined) throw new Error(`unknown placeholder ${placeholder}`)
      return value
    }),
  )
}

/** The agent's whole argv for a new conversation, or for one that goes on. */
export function agentArgv(
  profile: AgentProfile,
  values: LaunchValues,
  isResumed: boolean,
): string[] {
  const chosen = Object.entries(profile.options).flatMap(
    ([name, option]) => option.args?.[values.place.options[name] ?? ''] ?? [],
  )
  const args = isResumed ? profile.resumeArgs : profile.startArgs
  return [...profile.command, ...fillArgs([...chosen, ...args], values)]
}

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

/** What every agent may see of the environment of the build's starter: never the identity. */
const common: Omit<VisibleVariables, 'hidden'> = {
  names: [
    'PATH',
    'HOME',
    'USER',
    'SHELL',
    'LANG',
    'TZ',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'NODE_EXTRA_CA_CERTS',
  ],
  prefixes: ['LC_', 'XDG_', 'SSL_CERT_', 'AWS_'],
}

/** Whether the agent may see a variable: one that every agent may see, or one that its profile names. */
export function isVisibleTo({ visible }: Pick<AgentProfile, 'visible'>, name: string): boolean {
  if (visible.hidden.includes(name)) return false
  return [common, visible].some(
    ({ names, prefixes }) =>
      names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  )
}
