import { shellQuote } from '../world/shell-quote.ts'
import { callTmux, requireTmux, type TmuxServer, type TmuxWorld } from './server.ts'

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
