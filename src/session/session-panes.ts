import { conflict } from '../errors.ts'
import { findSession } from '../store/sessions.ts'
import { listPanes, type Pane } from '../tmux/panes.ts'
import { requireTmuxProgram } from '../tmux/server.ts'
import { respawnPane, sessionName } from '../tmux/windows.ts'
import type { WindowName } from './paths.ts'
import { realHome, requireSession, type Scope, serverOf } from './scope.ts'

/**
 * Reads the panes of the session in one call; there are none when its tmux session is gone. Throws `conflict`
 * when a session of that name belongs to another home, because it must not be touched.
 */
export async function readPanes(scope: Scope): Promise<Pane[]> {
  return ownPanes(scope, await listPanes(scope.world, recordedServer(scope)))
}

/**
 * Reads the panes for a command that is about to make something; throws `not_ready` when tmux is missing or too
 * old.
 */
export async function readPanesToStart(scope: Scope): Promise<Pane[]> {
  const all = await listPanes(scope.world, recordedServer(scope))
  // A running server proves that tmux can start one.
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
      `The tmux session ${name} belongs to another home (${stranger.home || 'not a tmux-builder home'}).`,
      'Stop it there, or set TMUX_BUILDER_HOME to that home',
    )
  return panes
}

export const paneOf = (panes: readonly Pane[], window: WindowName): Pane | undefined =>
  panes.find((pane) => pane.window === window)

const pollMs = 10
const paneLookMs = 250

/**
 * Waits until `look` finds what a window's program does when it runs; returns `undefined` after `timeoutMs`. The
 * window's last program may have been about to end when it was looked at, so a dead pane is started again.
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
