import { shellQuote } from '../world/shell-quote.ts'
import {
  callTmux,
  isAbsence,
  requireTmux,
  type TmuxServer,
  type TmuxWorld,
  tmuxRefused,
} from './server.ts'

/** One pane of the server, as `list-panes` tells it. */
export interface Pane {
  readonly session: string
  readonly window: string
  /** `%12`: names the pane whatever else happens. */
  readonly id: string
  readonly pid: number
  readonly isDead: boolean
  /** Of a dead pane; tmux 3.3a sometimes misses it. */
  readonly exitStatus: number | null
  readonly exitSignal: string | null
  readonly title: string
  /** Seconds since the epoch: when its session was made. */
  readonly sessionCreated: number
  /** Our options: the session's GUID and home, and the last prompt given to the pane. */
  readonly guid: string
  readonly home: string
  readonly prompt: string
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
  '#{@tb_guid}',
  '#{@tb_prompt}',
  '#{@tb_home}',
  '#{pane_title}',
] as const

const separator = '\t'

/** The argument of `list-panes -F`; the title, which a program sets as it likes, comes last. */
export const paneFormat = fields.join(separator)

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
        guid = '',
        prompt = '',
        home = '',
        ...title
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
        guid,
        prompt,
        home,
        title: title.join(separator),
      }
    })
}

/** All panes of the server in one call; none when there is no server. */
export async function listPanes(world: TmuxWorld, server: TmuxServer): Promise<Pane[]> {
  const result = await callTmux(world, server, [['list-panes', '-a', '-F', paneFormat]])
  if (result.ok) return parsePanes(result.stdout)
  if (isAbsence(result.stderr)) return []
  throw tmuxRefused('list-panes', result.stderr)
}

/**
 * tmux expands formats and strftime in the command of pipe-pane: a path must come through as it is. `##` would not
 * do for `#`: tmux 3.3a leaves `##[` as two.
 */
function pipeCommand(logFile: string): string {
  const path = shellQuote(logFile).replaceAll('#', `'"$hash"'`).replaceAll('%', '%%')
  return `umask 077; hash=$(printf '\\043'); exec cat >> ${path}`
}

/** Appends what the pane writes to a file; a pipe that the pane had is closed first. */
export function pipePaneCommand(pane: string, logFile: string): string[] {
  return ['pipe-pane', '-t', pane, pipeCommand(logFile)]
}

/** What is on the pane's screen as plain text, with `historyLines` above it. */
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
 * Makes a program that is alive write something, without typing: the window becomes one column wider, then takes its
 * size back. `resize-window` leaves `window-size manual` behind, hence the unset.
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
