import { respawnPane } from '../tmux/windows.ts'
import type { WindowName } from './paths.ts'
import { requireSession, type Scope, serverOf } from './scope.ts'
import { paneOf, readPanes } from './session-panes.ts'

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
