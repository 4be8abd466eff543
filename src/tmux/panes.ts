import { shellQuote } from '../world/shell-quote.ts'
import {
  callTmux,
  isAbsence,
  requireTmux,
  type TmuxServer,
  type TmuxWorld,
  tmuxRefused,
} from './server.ts'

/** One pane of the server, as `list-panes` reports it. */
export interface Pane {
  readonly session: string
  readonly window: string
  /** The id of the pane, such as `%12`, which never changes. */
  readonly id: string
  readonly pid: number
  readonly isDead: boolean
  /** The exit status of a dead pane, which tmux 3.3a sometimes does not report. */
  readonly exitStatus: number | null
  readonly exitSignal: string | null
  /** The time when the session of the pane was created, in seconds since the epoch. */
  readonly sessionCreated: number
  /** tmux-builder sets these options: the last prompt given to the pane, and the home of its session. */
  readonly prompt: string
  readonly home: string
}

const fields = [
  '#{session_name}',
  '#{window_name}',
  '#{pane_id}',
  '#{pane_pid}',
  '#{pane_dead}',
  '#{pane_dead_status}',
  '#{pane_dead_signal}',
  '#{session_created}',
  '#{@tb_prompt}',
  '#{@tb_home}',
] as const

const separator = '\t'

/** The argument of `list-panes -F`. */
const paneFormat = fields.join(separator)

export function parsePanes(stdout: string): Pane[] {
  return stdout
    .split('\n')
    .filter((line) => line.split(separator).length >= fields.length)
    .map((line) => {
      const [
        session = '',
        window = '',
        id = '',
        pid,
        dead,
        status,
        signal,
        created,
        prompt = '',
        home = '',
      ] = line.split(separator)
      return {
        session,
        window,
        id,
        pid: Number(pid),
        isDead: dead === '1',
        exitStatus: status ? Number(status) : null,
        exitSignal: signal || null,
        sessionCreated: Number(created),
        prompt,
        home,
      }
    })
}

/** Lists all panes of the server in one call; there are none when no server runs. */
export async function listPanes(world: TmuxWorld, server: TmuxServer): Promise<Pane[]> {
  const result = await callTmux(world, server, [['list-panes', '-a', '-F', paneFormat]])
  if (result.ok) return parsePanes(result.stdout)
  if (isAbsence(result.stderr)) return []
  throw tmuxRefused('list-panes', result.stderr)
}

/**
 * tmux expands formats and strftime in the command of pipe-pane, so `#` and `%` are kept from it. `##` would not
 * do for `#`, because tmux 3.3a leaves `##[` as two characters.
 */
function pipeCommand(logFile: string): string {
  const path = shellQuote(logFile).replaceAll('#', `'"$hash"'`).replaceAll('%', '%%')
  return `umask 077; hash=$(printf '\\043'); exec cat >> ${path}`
}

/**
 * Makes the command that appends the output of the pane to a file; it closes an earlier pipe of the pane first.
 */
export function pipePaneCommand(pane: string, logFile: string): string[] {
  return ['pipe-pane', '-t', pane, pipeCommand(logFile)]
}

/** Reads the screen of the pane as plain text, with `historyLines` lines above it. */
export async function capturePane(
  world: TmuxWorld,
  server: TmuxServer,
  pane: string,
  historyLines: number,
): Promise<string> {
  const result = await callTmux(world, server, [
    ['capture-pane', '-p', '-J', '-t', pane, '-S', `-${historyLines}`],
  ])
  return result.ok ? result.stdout.trimEnd() : ''
}

/**
 * Makes a living program write something without typing: the window is one column wider while `act` runs.
 * `resize-window` leaves `window-size manual` behind, so that option is unset.
 */
export async function askToRedraw(
  world: TmuxWorld,
  server: TmuxServer,
  pane: string,
  act: () => Promise<void>,
): Promise<void> {
  await requireTmux(world, server, [['resize-window', '-t', pane, '-R', '1']])
  try {
    await act()
  } finally {
    await callTmux(world, server, [
      ['resize-window', '-t', pane, '-L', '1'],
      ['set-option', '-w', '-u', '-t', pane, 'window-size'],
    ])
  }
}
