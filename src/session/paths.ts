import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import type { Environment } from '../world/world.ts'

/** The absolute paths of one tmux-builder home. */
export interface HomePaths {
  readonly home: string
  readonly database: string
  readonly sessions: string
}

const userHome = (env: Environment) => env.HOME || homedir()

/**
 * Finds the home: `TMUX_BUILDER_HOME`, else `$XDG_STATE_HOME/tmux-builder`, else `~/.local/state/tmux-builder`.
 */
export function homePaths(env: Environment, cwd: string): HomePaths {
  const home = env.TMUX_BUILDER_HOME
    ? resolve(cwd, env.TMUX_BUILDER_HOME)
    : join(xdgFolder(env, 'XDG_STATE_HOME', '.local/state'), 'tmux-builder')
  return { home, database: join(home, 'tmux-builder.db'), sessions: join(home, 'sessions') }
}

/**
 * Finds the configuration: `$XDG_CONFIG_HOME/tmux-builder/config.yaml`, else `~/.config/tmux-builder/config.yaml`.
 */
export function configFile(env: Environment): string {
  return join(xdgFolder(env, 'XDG_CONFIG_HOME', '.config'), 'tmux-builder', 'config.yaml')
}

/** A relative path in such a variable is invalid and ignored, as the XDG specification asks. */
function xdgFolder(env: Environment, name: string, fallback: string): string {
  const value = env[name]
  return value && isAbsolute(value) ? value : join(userHome(env), fallback)
}

/** The absolute paths of one session's folder. */
export interface SessionPaths {
  readonly folder: string
  readonly prompts: string
  readonly logs: string
  readonly agentLog: string
  readonly supervisorLog: string
  readonly oldReports: string
  readonly oldHookLogs: string
  readonly site: string
  /** A link to the release that is live. */
  readonly liveSite: string
  readonly agent: string
  readonly hookLog: string
  readonly agentSettings: string
  /** The agent's own accounting, as its program writes it. */
  readonly usage: string
  /** The environment that the agent may see. Like `agentAws` it is removed when the build ends. */
  readonly agentEnvironment: string
  /** The folder that AWS's tools read when the agent works with a role of its own, and its two files. */
  readonly agentAws: string
  readonly agentAwsConfig: string
  readonly agentAwsCredentials: string
  /** A script that runs this tmux-builder; agents call it by its path. */
  readonly program: string
  readonly supervisorLock: string
  readonly commandLock: string
  readonly workspace: string
  readonly report: string
  readonly clarifications: string
  readonly answers: string
  readonly completion: string
}

export function sessionPaths(home: HomePaths, guid: string): SessionPaths {
  return sessionPathsIn(join(home.sessions, guid))
}

export function sessionPathsIn(folder: string): SessionPaths {
  const agent = join(folder, 'agent')
  const logs = join(folder, 'logs')
  const site = join(folder, 'site')
  const workspace = join(folder, 'workspace')
  return {
    folder,
    prompts: join(folder, 'prompts'),
    logs,
    agentLog: join(logs, 'agent.log'),
    supervisorLog: join(logs, 'supervisor.log'),
    oldReports: join(logs, 'reports'),
    oldHookLogs: join(logs, 'hooks'),
    site,
    liveSite: join(site, 'live'),
    agent,
    hookLog: join(agent, 'hooks.jsonl'),
    agentSettings: join(agent, 'settings.json'),
    usage: join(agent, 'usage.json'),
    agentEnvironment: join(agent, 'environment.json'),
    agentAws: join(agent, 'aws'),
    agentAwsConfig: join(agent, 'aws', 'config'),
    agentAwsCredentials: join(agent, 'aws', 'credentials'),
    program: join(agent, 'tmux-builder'),
    supervisorLock: join(folder, 'supervisor.lock'),
    commandLock: join(folder, 'command.lock'),
    workspace,
    report: join(workspace, 'status.json'),
    clarifications: join(workspace, 'clarifications.json'),
    answers: join(workspace, 'answers.json'),
    completion: join(workspace, 'completion.txt'),
  }
}

export type WindowName = 'agent' | 'supervisor' | 'preview'

/** The 0600 script that a window of the session runs. */
export function launchFile(paths: SessionPaths, window: WindowName): string {
  return join(paths.agent, `${window}.sh`)
}
