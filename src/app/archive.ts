import { isFinal } from '../domain/build-state.ts'
import { conflict } from '../errors.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { withSessionLock } from '../session/locks.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { archiveSession, restoreSession } from '../store/sessions.ts'
import { type App, requireScope } from './open-app.ts'
import { stopSession } from './stop.ts'

/** Ends the session's processes and puts it out of sight; its folder stays where it is. Exit 6 while a build runs. */
export async function archive(app: App, guidOrPrefix: string): Promise<string> {
  const scope = requireScope(app, guidOrPrefix)
  await archiveEnded(scope)
  return scope.guid
}

/** `false`: it is not as it was any more, and nothing was done. */
export async function archiveEnded(
  scope: Scope,
  isAsItWas: (latest: Build | undefined) => boolean = () => true,
): Promise<boolean> {
  await ensureSessionFolder(scope)
  return withSessionLock(scope, async (locked) => {
    const build = findLatestBuild(scope.store, scope.guid)
    if (!isAsItWas(build)) return false
    if (build && !isFinal(build.state))
      throw conflict(
        `Build ${build.build} is running in this session.`,
        `Wait for it, or end it first: tmux-builder stop ${scope.guid.slice(0, 12)}`,
      )
    await stopSession(locked, 'archive')
    await scope.store.transact((tx) => archiveSession(tx, scope.guid))
    return true
  })
}

/** Takes an archived session back into the list; starts nothing. */
export async function restore(app: App, guidOrPrefix: string): Promise<string> {
  const { guid, store } = requireScope(app, guidOrPrefix)
  await store.transact((tx) => restoreSession(tx, guid))
  return guid
}
