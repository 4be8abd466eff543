import { conflict } from '../errors.ts'
import { findSession } from '../store/sessions.ts'
import { listPanes, type Pane } from '../tmux/panes.ts'
import { requireTmuxProgram } from '../tmux/server.ts'
import { respawnPane, sessionName } from '../tmux/windows.ts'
import type { WindowName } from './paths.ts'
import { realHome, requireSession, type Scope, serverOf } from './scope.ts'

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

const pollMs = 10
const paneLookMs = 250

/**
 * Waits until `look` finds what a window's program does when it runs; `undefined` after `timeoutMs`. The last program of the
 * window may have been about to end when it was looked at: it is started again where it has ended meanwhile.
 */
export async function awaitWindow<Found>(
  scope: Scope,
  window: WindowName,
  timeoutMs: number,
  look: () => Found | undefined,
): Promise<Found | undefined> {
  const { world } = scope
  const deadline = world.elapsed() + timeoutMs
  let lookAt = world.elapsed() + paneLookMs
  for (;;) {
    const found = look()
    if (found !== undefined || world.elapsed() > deadline) return found
    if (world.elapsed() > lookAt) {
      lookAt = world.elapsed() + paneLookMs
      const pane = paneOf(await readPanes(scope), window)
      if (pane?.isDead) await respawnPane(world, serverOf(requireSession(scope)), pane.id)
    }
    await world.sleep(pollMs)
  }
}
