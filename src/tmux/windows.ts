import { callTmuxOutsideLogin } from './outside-login.ts'
import {
  callTmux,
  isAbsence,
  requireTmux,
  type TmuxServer,
  type TmuxWorld,
  tmuxRefused,
} from './server.ts'

export const sessionName = (guid: string) => `tmux_builder_${guid}`

/** A session exactly: a bare name would match as a prefix. */
export const exactSession = (name: string) => `=${name}`

/** A window's pane exactly. */
export const exactWindow = (name: string, window: string) => `=${name}:${window}`

/** What a window runs; argv, so that no shell of tmux's reads it. The script may appear later (see `respawn`). */
export function windowCommand(launchScript: string): string[] {
  return [
    '/usr/bin/env',
    '-i',
    '/bin/sh',
    '-c',
    '[ -f "$1" ] && exec /bin/sh "$1"',
    'tmux-builder',
    launchScript,
  ]
}

export interface NewSession {
  readonly guid: string
  /** The home's real path: another home's session of that name is not ours. */
  readonly home: string
  readonly agentScript: string
  readonly supervisorScript: string
}

/** One call that makes the session with its windows `agent` and `supervisor`, and says what it is. */
export function createSessionCommands(session: NewSession): string[][] {
  const name = sessionName(session.guid)
  // set-option takes a pane: the colon makes the exact name one.
  const target = ['-t', `${exactSession(name)}:`]
  return [
    [
      'new-session',
      '-d',
      '-s',
      name,
      '-n',
      'agent',
      '-P',
      '-F',
      '#{socket_path}',
      '--',
      ...windowCommand(session.agentScript),
    ],
    ['set-option', ...target, '@tb_guid', session.guid],
    ['set-option', ...target, '@tb_home', session.home],
    [
      'new-window',
      '-d',
      '-t',
      `${exactSession(name)}:`,
      '-n',
      'supervisor',
      '--',
      ...windowCommand(session.supervisorScript),
    ],
  ]
}

/** Makes the session; `undefined` when one of that name is there already, else the server's socket path. */
export async function createSession(
  world: TmuxWorld,
  server: TmuxServer,
  session: NewSession,
): Promise<string | undefined> {
  const result = await callTmuxOutsideLogin(world, server, createSessionCommands(session))
  const socket = result.stdout.split('\n')[0] ?? ''
  // tmux 3.3a that cannot make its socket says so and exits 0 all the same.
  if (result.ok && socket.startsWith('/')) return socket
  if (/duplicate session/.test(result.stderr)) return undefined
  throw tmuxRefused('new-session', result.stderr)
}

/** Where the session's server listens. */
export async function readSocketPath(
  world: TmuxWorld,
  server: TmuxServer,
  name: string,
): Promise<string> {
  const output = await requireTmux(world, server, [
    ['display-message', '-p', '-t', `${exactSession(name)}:`, '#{socket_path}'],
  ])
  return output.trimEnd()
}

export async function killSession(
  world: TmuxWorld,
  server: TmuxServer,
  name: string,
): Promise<void> {
  const result = await callTmux(world, server, [['kill-session', '-t', exactSession(name)]])
  if (!result.ok && !isAbsence(result.stderr)) throw tmuxRefused('kill-session', result.stderr)
}

/** Runs a window's script in a pane that has one, ending what runs there. */
export async function respawnPane(
  world: TmuxWorld,
  server: TmuxServer,
  pane: string,
): Promise<void> {
  await requireTmux(world, server, [['respawn-pane', '-k', '-t', pane]])
}

export async function createWindow(
  world: TmuxWorld,
  server: TmuxServer,
  session: string,
  window: string,
  script: string,
): Promise<void> {
  await requireTmux(world, server, [
    [
      'new-window',
      '-d',
      '-t',
      `${exactSession(session)}:`,
      '-n',
      window,
      '--',
      ...windowCommand(script),
    ],
  ])
}
