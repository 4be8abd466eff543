import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { isFinal } from '../domain/build-state.ts'
import { shortGuid } from '../domain/identity.ts'
import { conflict, noSuchSession } from '../errors.ts'
import { findLatestBuild } from '../store/builds.ts'
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
  // A `gc --purge` may have deleted it meanwhile.
  if (!session) throw noSuchSession(`The session ${scope.guid} no longer exists.`)
  return session
}

/** Throws `conflict` while a build runs in the session. */
export function requireAtRest({ store, guid }: Pick<Scope, 'store' | 'guid'>): void {
  const latest = findLatestBuild(store, guid)
  if (latest && !isFinal(latest.state))
    throw conflict(
      `Build ${latest.build} is running in this session.`,
      `Wait for it, or end it first: tmux-builder stop ${shortGuid(guid)}`,
    )
}

/** Returns the real path of the home, which `@tb_home` and the marker of the session hold. */
export const realHome = (scope: Pick<Scope, 'home'>) => realpathSync(scope.home.home)

/** Returns the server of the session: by the recorded socket, or by the default name where none is recorded. */
export function serverOf(session: Pick<Session, 'tmuxSocket'>): TmuxServer {
  return {
    socket: session.tmuxSocket ? { path: session.tmuxSocket } : { name: defaultServerName },
    configFile: join(packageRoot, 'templates', 'tmux.conf'),
  }
}
