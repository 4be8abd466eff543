import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { deleteBuffers } from '../tmux/send-once.ts'
import type { LockedSession } from './locks.ts'
import type { HomePaths, SessionPaths } from './paths.ts'
import { requireSession, serverOf } from './scope.ts'
import { trimOldLogs } from './session-logs.ts'

/** What the ids of a session's deliveries begin with. */
export const deliveryIdStart = (guid: string): string => `${guid.slice(0, 8)}-`

/**
 * Removes what killed processes of ours had begun and not finished, when a build or the session has ended. Needs the
 * command lock, and no supervisor at work.
 */
export async function tidyUp(scope: LockedSession, isAgentGone: boolean): Promise<void> {
  await removeTemporaryFiles(scope.paths)
  if (isAgentGone) await removeTemporarySites(scope.paths)
  await trimOldLogs(scope.paths)
  const server = serverOf(requireSession(scope))
  await deleteBuffers(scope.world, server, deliveryIdStart(scope.guid))
}

// What a process that was killed half-way had made aside and not yet renamed into place.

const temporaryFile = /^\.[0-9a-f]{16}\.tmp$/
const temporarySite = /^\.live-[0-9a-f]{12}$|^\.taken-\d+$|^(\.taken-)?\d+\.part$/
const folderAside = /^\.[0-9a-f]{12}-[0-9a-f]{12}$/
/** Nobody takes that long to make a session's folder. */
const asideAgeMs = 60 * 60 * 1000

/** Removes files of ours that were not finished. Needs the command lock, and no supervisor at work. */
export async function removeTemporaryFiles(paths: SessionPaths): Promise<void> {
  for (const folder of [paths.folder, paths.prompts, paths.agent, paths.workspace])
    await removeMatching(folder, temporaryFile)
}

/** Removes what a `deploy` had not finished. Needs the command lock, and an agent that has ended. */
export const removeTemporarySites = (paths: SessionPaths): Promise<void> =>
  removeMatching(paths.site, temporarySite)

/** Removes what was made aside for sessions and never became one. */
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
