import { notReady } from '../../errors.ts'
import type { LockedSession } from '../../session/locks.ts'
import { launchFile } from '../../session/paths.ts'
import { requireSession, serverOf } from '../../session/scope.ts'
import { awaitWindow, paneOf, readPanes } from '../../session/session-panes.ts'
import { createWindow, respawnPane, sessionName } from '../../tmux/windows.ts'
import { findPreview } from './preview-address.ts'

const startTimeoutMs = 15_000

/** Starts the preview's window unless it runs, and returns its address. */
export async function ensurePreview(scope: LockedSession): Promise<string> {
  const { world } = scope
  const running = findPreview(requireSession(scope))
  if (running) return running
  const server = serverOf(requireSession(scope))
  const pane = paneOf(await readPanes(scope), 'preview')
  if (pane?.isDead) await respawnPane(world, server, pane.id)
  else if (!pane)
    await createWindow(
      world,
      server,
      sessionName(scope.guid),
      'preview',
      launchFile(scope.paths, 'preview'),
    )
  const find = () => findPreview(requireSession(scope))
  const url = await awaitWindow(scope, 'preview', startTimeoutMs, find)
  if (url) return url
  throw notReady(
    `The preview did not start within ${startTimeoutMs / 1000} s.`,
    'Look at its window: tmux-builder attach, then window "preview"',
  )
}
