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

/** Names a session exactly, because tmux takes a bare name as a prefix. */
export const exactSession = (name: string) => `=${name}`

/** Names the pane of a window exactly. */
export const exactWindow = (name: string, window: string) => `=${name}:${window}`

/**
 * Makes the command of a window, as argv so that no shell of tmux reads it. The script may be written later (see
 * `respawnPane`).
 */
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
  /** The real path of the home, by which a session of another home with the same name is recognised. */
  readonly home: string
  readonly agentScript: string
  readonly supervisorScript: string
}

/**
 * Makes the commands of one call that creates the session with its windows `agent` and `supervisor` and prints its
 * socket.
 */
export function createSessionCommands(session: NewSession): string[][] {
  const name = sessionName(session.guid)
  // set-option takes a pane, and the colon makes the exact name one.
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

/** Creates the session. Returns the path of its socket, or `undefined` when there is a session of that name. */
export async function createSession(
  world: TmuxWorld,
  server: TmuxServer,
  session: NewSession,
): Promise<string | undefined> {
  const result = await callTmuxOutsideLogin(world, server, createSessionCommands(session))
  const socket = result.stdout.split('\n')[0] ?? ''
  // tmux 3.3a exits with 0 even when it cannot make its socket.
  if (result.ok && socket.startsWith('/')) return socket
  if (/duplicate session/.test(result.stderr)) return undefined
  throw tmuxRefused('new-session', result.stderr)
}

/** Reads the path of the socket on which the server of the session listens. */
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

/** Runs the script of a window in its pane, and ends what runs there. */
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
