import { conflict } from '../errors.ts'
import { listSessionPanes, type Pane } from '../tmux/panes.ts'
import { sessionName } from '../tmux/sessions.ts'
import type { WindowName } from '../workspace/paths.ts'
import { realHome, requireSession, type Scope, serverOf } from './scope.ts'

/**
 * The panes of the session's tmux session, in one call; none when it is gone. Exit 6 when a session of that name
 * belongs to another home: it is not ours to touch.
 */
export async function readPanes(scope: Scope): Promise<Pane[]> {
  const name = sessionName(scope.guid)
  const panes = await listSessionPanes(scope.context, serverOf(requireSession(scope)), name)
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
