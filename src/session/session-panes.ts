import { conflict } from '../errors.ts'
import { findSession } from '../store/sessions.ts'
import { listPanes, type Pane } from '../tmux/panes.ts'
import { requireTmuxProgram } from '../tmux/server.ts'
import { sessionName } from '../tmux/windows.ts'
import type { WindowName } from './paths.ts'
import { realHome, type Scope, serverOf } from './scope.ts'

/**
 * The panes of the session's tmux session, in one call; none when it is gone. Exit 6 when a session of that name
 * belongs to another home: it is not ours to touch.
 */
export async function readPanes(scope: Scope): Promise<Pane[]> {
  return ownPanes(scope, await listPanes(scope.world, recordedServer(scope)))
}

/** As `readPanes`, for a command that is about to make something: exit 5 when tmux is missing or too old. */
export async function readPanesToStart(scope: Scope): Promise<Pane[]> {
  const all = await listPanes(scope.world, recordedServer(scope))
  // A server that runs is one that we could start.
  if (all.length === 0) await requireTmuxProgram(scope.world)
  return ownPanes(scope, all)
}

const recordedServer = (scope: Scope) =>
  serverOf(findSession(scope.store, scope.guid) ?? { tmuxSocket: undefined })

function ownPanes(scope: Scope, all: readonly Pane[]): Pane[] {
  const name = sessionName(scope.guid)
  const panes = all.filter((pane) => pane.session === name)
  const stranger = panes.find((pane) => pane.home !== realHome(scope))
  if (stranger)
    throw conflict(
      `The tmux session ${name} belongs to another home (${stranger.home || 'none of tmux-builder’s'}).`,
      'Stop it there, or set TMUX_BUILDER_HOME to that home',
    )
  return panes
}

export const paneOf = (panes: readonly Pane[], window: WindowName): Pane | undefined =>
  panes.find((pane) => pane.window === window)
