import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { noSuchSession } from '../errors.ts'
import type { Store } from '../store/database.ts'
import { findSession, type Session } from '../store/sessions.ts'
import { defaultServerName, type TmuxServer } from '../tmux/server.ts'
import { packageRoot } from '../world/package-root.ts'
import type { World } from '../world/world.ts'
import { type HomePaths, type SessionPaths, sessionPaths } from './paths.ts'

/** One session and all that is needed to act on it. */
export interface Scope {
  readonly world: World
  readonly store: Store
  readonly home: HomePaths
  readonly guid: string
  readonly paths: SessionPaths
}

export function scopeOf(world: World, store: Store, home: HomePaths, guid: string): Scope {
  return { world, store, home, guid, paths: sessionPaths(home, guid) }
}

export function requireSession(scope: Pick<Scope, 'store' | 'guid'>): Session {
  const session = findSession(scope.store, scope.guid)
  // Deleted by a `gc --purge` that came in between.
  if (!session) throw noSuchSession(`There is no session ${scope.guid} any more.`)
  return session
}

/** The home's real path: what `@tb_home` and the session's marker say. */
export const realHome = (scope: Pick<Scope, 'home'>) => realpathSync(scope.home.home)

/** The server that the session is on: by the recorded socket, or by our name where none is recorded. */
export function serverOf(session: Pick<Session, 'tmuxSocket'>): TmuxServer {
  return {
    socket: session.tmuxSocket ? { path: session.tmuxSocket } : { name: defaultServerName },
    configFile: join(packageRoot, 'templates', 'tmux.conf'),
  }
}
