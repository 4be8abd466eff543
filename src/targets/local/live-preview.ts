import { randomBytes } from 'node:crypto'
import { rename, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { notReady } from '../../errors.ts'
import type { LockedSession } from '../../session/locks.ts'
import { launchFile } from '../../session/paths.ts'
import { requireSession, type Scope, serverOf } from '../../session/scope.ts'
import { awaitWindow, paneOf, readPanes } from '../../session/session-panes.ts'
import { endExpiredSession, ensureTmuxSession } from '../../session/start.ts'
import { requireBuild } from '../../store/builds.ts'
import {
  findLastVerifiedRelease,
  findStandingRelease,
  recordSwitched,
} from '../../store/releases.ts'
import { createWindow, respawnPane, sessionName } from '../../tmux/windows.ts'
import { findPreview } from './preview-address.ts'

const startTimeoutMs = 15_000

/** Starts the preview's window unless it is running, and returns its address. */
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

/** Starts the preview again if a release is live, because a new tmux session has no preview window yet. */
export async function keepPreview(scope: LockedSession): Promise<void> {
  if (requireSession(scope).liveRelease !== undefined) await ensurePreview(scope)
}

/** Serves the wanted release again (by default the standing one), in a new tmux session if the old one expired. */
export async function restorePreview(
  scope: LockedSession,
  number: number,
  wanted?: number,
): Promise<void> {
  const build = requireBuild(scope.store, scope.guid, number)
  await endExpiredSession(scope, build)
  if (build.target !== 'local') return
  const release = wanted ?? findStandingRelease(scope.store, scope.guid, 'local')?.release
  if (release !== undefined && release !== requireSession(scope).liveRelease)
    await switchRelease(scope, release)
  await ensureTmuxSession(scope, build)
  await ensurePreview(scope)
}

const local = ({ guid }: Scope) => ({ guid, target: 'local' }) as const

/** Switches the preview to a release that was deployed before. */
export async function switchRelease(scope: Scope, release: number): Promise<void> {
  await linkRelease(scope, release)
  await scope.store.transact((tx) => recordSwitched(tx, local(scope), release))
}

/** Makes the preview serve another release in one step: `site/live` is a link that a rename replaces. */
export async function linkRelease(scope: Scope, release: number): Promise<void> {
  const aside = join(scope.paths.site, `.live-${randomBytes(6).toString('hex')}`)
  await symlink(String(release), aside)
  await rename(aside, scope.paths.liveSite)
}

/** Replaces an unverified release with the last verified one. `false`: there is none, so nothing is served now. */
export async function restoreVerifiedRelease(scope: Scope): Promise<boolean> {
  const verified = findLastVerifiedRelease(scope.store, scope.guid)
  if (verified) await switchRelease(scope, verified.release)
  else await removeLiveRelease(scope)
  return verified !== undefined
}

/** Stops serving: without the link, the preview answers 404. */
async function removeLiveRelease(scope: Scope): Promise<void> {
  await rm(scope.paths.liveSite, { force: true })
  await scope.store.transact((tx) => recordSwitched(tx, local(scope), undefined))
}
