import { notReady } from '../errors.ts'
import type { Environment, World } from '../world/world.ts'

/** The part of the outside world that calls of tmux need. */
export type TmuxWorld = Pick<World, 'run' | 'env'>

/**
 * The tmux server of a session. It is reached by name until the path of its socket is known, and then by that
 * path.
 */
export interface TmuxServer {
  readonly socket: { readonly name: string } | { readonly path: string }
  readonly configFile: string
}

export const defaultServerName = 'tmux-builder'

export interface TmuxResult {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

const callTimeoutMs = 30_000

/**
 * Makes the arguments of one call that runs the commands one after another. tmux takes an argument that ends in
 * `;` for the end of a command, so such a `;` is escaped. `-u` makes names and panes UTF-8 whatever the locale.
 */
export function tmuxArgs(server: TmuxServer, commands: readonly (readonly string[])[]): string[] {
  const socket = 'path' in server.socket ? ['-S', server.socket.path] : ['-L', server.socket.name]
  const escaped = commands.map((command) => command.map((arg) => arg.replace(/;$/, '\\;')))
  return [
    '-u',
    ...socket,
    '-f',
    server.configFile,
    ...escaped.flatMap((c, i) => (i ? [';', ...c] : c)),
  ]
}

/** Picks what tmux may see, because a server keeps the environment that it was started with. */
export function tmuxEnvironment(env: Environment): Record<string, string> {
  const names = [
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'LANG',
    'LC_ALL',
    'LC_CTYPE',
    'TZ',
    'TMUX_TMPDIR',
  ]
  const kept: Record<string, string> = { SHELL: '/bin/sh', TERM: 'dumb' }
  for (const name of names) {
    const value = env[name]
    if (value !== undefined) kept[name] = value
  }
  return kept
}

/**
 * Makes one call. A failure is a result; only a tmux that cannot be run or does not answer is an error
 * (`not_ready`).
 */
export async function callTmux(
  world: TmuxWorld,
  server: TmuxServer,
  commands: readonly (readonly string[])[],
  input?: string,
): Promise<TmuxResult> {
  const result = await world.run('tmux', tmuxArgs(server, commands), {
    env: tmuxEnvironment(world.env),
    timeoutMs: callTimeoutMs,
    ...(input === undefined ? {} : { input }),
  })
  if (result.spawnError !== undefined) throw tmuxMissing()
  if (result.timedOut)
    throw notReady(
      `tmux did not answer within ${callTimeoutMs / 1000} s.`,
      'Check the machine’s load, then try again',
    )
  return { ok: result.exitCode === 0, stdout: result.stdout, stderr: result.stderr.trim() }
}

/** Makes one call that fails only when something is wrong, and returns its output. */
export async function requireTmux(
  world: TmuxWorld,
  server: TmuxServer,
  commands: readonly (readonly string[])[],
  input?: string,
): Promise<string> {
  const result = await callTmux(world, server, commands, input)
  if (result.ok) return result.stdout
  throw tmuxRefused(commands[0]?.[0] ?? '', result.stderr)
}

export const tmuxRefused = (command: string, stderr: string) =>
  notReady(
    `tmux refused "${command}": ${stderr || 'no reason given'}.`,
    'Inspect the server with: tmux -L tmux-builder list-sessions',
  )

/**
 * Whether a failure means that the server, session or pane is not there. tmux exits with 1 for every failure, so
 * only its text says so.
 */
export function isAbsence(stderr: string): boolean {
  return /no server running|error connecting|can't find (session|window|pane)|server exited|lost server|no such file/i.test(
    stderr,
  )
}

const oldestTmux = [3, 2] as const

/** Throws `not_ready` when tmux is missing or older than 3.2, the first version with all that is needed. */
export async function requireTmuxProgram(world: TmuxWorld): Promise<void> {
  const result = await world.run('tmux', ['-V'], {
    env: tmuxEnvironment(world.env),
    timeoutMs: callTimeoutMs,
  })
  if (result.spawnError !== undefined) throw tmuxMissing()
  const version = /(\d+)\.(\d+)/.exec(result.stdout)
  // Development versions ("tmux master") have no number, and are new.
  if (!version) return
  const [major = 0, minor = 0] = version.slice(1).map(Number)
  if (major < oldestTmux[0] || (major === oldestTmux[0] && minor < oldestTmux[1]))
    throw notReady(
      `tmux ${major}.${minor} is too old: ${oldestTmux.join('.')} is needed.`,
      'Update tmux with your system’s package manager',
    )
}

const tmuxMissing = () =>
  notReady('tmux is not installed.', 'Install it, for example: apt-get install tmux')

/** Reads the process id of the server; `undefined` when there is no server, or no tmux to ask it with. */
export async function readServerPid(
  world: TmuxWorld,
  server: TmuxServer,
): Promise<number | undefined> {
  const result = await world.run('tmux', tmuxArgs(server, [['list-sessions', '-F', '#{pid}']]), {
    env: tmuxEnvironment(world.env),
    timeoutMs: callTimeoutMs,
  })
  if (result.exitCode !== 0) return undefined
  return Number(result.stdout.split('\n')[0]) || undefined
}
