import { spawn } from 'node:child_process'
import { requireScope } from '../app/open-app.ts'
import { notReady, usageError } from '../errors.ts'
import { requireSession, serverOf } from '../session/scope.ts'
import { paneOf, readPanes } from '../session/session-panes.ts'
import { tmuxArgs, tmuxEnvironment } from '../tmux/server.ts'
import { exactWindow, sessionName } from '../tmux/windows.ts'
import type { HomeInput } from './command-row.ts'
import { exitCodes } from './exit-codes.ts'

/** Shows the agent's pane in this terminal until the user detaches (Ctrl-b d). */
export async function attach(input: HomeInput<{ readonly guid: string }>): Promise<number> {
  const { context, app } = input
  const { guid } = input.args
  if (!context.stdin.isTTY || context.stdout.isTTY !== true)
    throw usageError(
      'attach needs a terminal.',
      `Read the agent’s output instead with: tmux-builder logs ${guid}`,
    )
  const scope = requireScope(app, guid)
  const panes = await readPanes(scope)
  if (!paneOf(panes, 'agent'))
    throw notReady(
      'The session’s tmux session is gone.',
      `Recreate it with: tmux-builder resume ${guid}`,
    )
  const server = serverOf(requireSession(scope))
  const target = exactWindow(sessionName(scope.guid), 'agent')
  // Without the variables of an outer tmux, tmux does not refuse to nest.
  const env = { ...tmuxEnvironment(context.env), TERM: context.env.TERM ?? 'xterm' }
  const child = spawn('tmux', tmuxArgs(server, [['attach-session', '-t', target]]), {
    stdio: 'inherit',
    env,
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => resolve(code === 0 ? exitCodes.ok : exitCodes.notReady))
  })
}
