import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { notReady } from '../errors.ts'
import type { AgentPlace, AgentProfile, VisibleVariables } from './profile.ts'

/** The values of a profile's placeholders in one launch. */
export interface LaunchValues {
  readonly place: AgentPlace
  readonly conversation: string
  readonly message: string
}

/** Fills in a profile's placeholders; an unknown one is a bug of the profile. */
function fillArgs(args: readonly string[], values: LaunchValues): string[] {
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

/** The agent's whole command line for a new conversation or a resumed one. */
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

/** Exit 5 if the agent's program is not installed. */
export function requireAgentProgram(profile: AgentProfile, path: string): void {
  const missing = findMissingProgram(profile, path)
  if (missing !== undefined)
    throw notReady(`The agent program ${missing} is not installed.`, profile.installHint)
}

/** The name of the agent's program if it is not on that PATH, or if its absolute path does not exist. */
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

/** Variables of the starter's shell that every agent may see. The user's e-mail and phone are never among them. */
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

/** Whether the agent may see a variable, because every agent may or because its profile names it. */
export function isVisibleTo({ visible }: Pick<AgentProfile, 'visible'>, name: string): boolean {
  if (visible.hidden.includes(name)) return false
  return [common, visible].some(
    ({ names, prefixes }) =>
      names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  )
}
