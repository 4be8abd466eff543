import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { deleteBuffers } from '../tmux/send-once.ts'
import type { LockedSession } from './locks.ts'
import type { HomePaths, SessionPaths } from './paths.ts'
import { requireSession, serverOf } from './scope.ts'
import { trimOldLogs } from './session-logs.ts'

/** The beginning of the ids of all deliveries of a session. */
export const deliveryIdStart = (guid: string): string => `${guid.slice(0, 8)}-`

/**
 * Removes what killed processes had begun and not finished, when a build or the session has ended. No supervisor
 * may be at work, and sites are removed only when the agent has ended too.
 */
export async function tidyUp(scope: LockedSession, isAgentGone: boolean): Promise<void> {
  await removeTemporaryFiles(scope.paths)
  if (isAgentGone) await removeTemporarySites(scope.paths)
  await trimOldLogs(scope.paths)
  const server = serverOf(requireSession(scope))
  await deleteBuffers(scope.world, server, deliveryIdStart(scope.guid))
}

// A process that was killed half-way leaves what it had made aside and not yet renamed into place.

const temporaryFile = /^\.[0-9a-f]{16}\.tmp$/
const temporarySite = /^\.live-[0-9a-f]{12}$|^\.taken-\d+$|^(\.taken-)?\d+\.part$/
const folderAside = /^\.[0-9a-f]{12}-[0-9a-f]{12}$/
/** Making the folder of a session never takes this long. */
const asideAgeMs = 60 * 60 * 1000

/** Removes files that were not finished. */
async function removeTemporaryFiles(paths: SessionPaths): Promise<void> {
  for (const folder of [paths.folder, paths.prompts, paths.agent, paths.workspace])
    await removeMatching(folder, temporaryFile)
}

/** Removes what a `deploy` had not finished. */
const removeTemporarySites = (paths: SessionPaths): Promise<void> =>
  removeMatching(paths.site, temporarySite)

/** Removes folders that were made aside for sessions and never renamed into place. */
export async function removeFoldersAside({ sessions }: HomePaths, now: number): Promise<void> {
  for (const name of await namesIn(sessions)) {
    const path = join(sessions, name)
    const stats = folderAside.test(name) ? await stat(path).catch(() => undefined) : undefined
    if (stats && now - stats.mtimeMs > asideAgeMs) await rm(path, { recursive: true, force: true })
  }
}

async function removeMatching(folder: string, pattern: RegExp): Promise<void> {
  for (const name of await namesIn(folder))
    if (pattern.test(name)) await rm(join(folder, name), { recursive: true, force: true })
}

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])
