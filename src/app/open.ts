import { parseGuidPrefix } from '../domain/identity.ts'
import { noSuchSession, notReady, usageError } from '../errors.ts'
import { type HomePaths, homePaths } from '../session/paths.ts'
import { type Scope, scopeOf } from '../session/scope.ts'
import { openStore, type Store } from '../store/database.ts'
import { findSessionsByPrefix } from '../store/sessions.ts'
import type { Context } from '../world/world.ts'

export interface Opened {
  readonly home: HomePaths
  readonly store: Store
}

/** SQLite takes paths of up to 512 bytes, and the locks of sessions lie some 100 deeper. */
const maxHomeBytes = 400

/** Opens this user's records. A command that only reads makes nothing. */
export function openHome(context: Context, options: { create: boolean }): Opened {
  const home = homePaths(context.env, context.cwd)
  if (/[\x00-\x1f\x7f]/.test(home.home))
    throw usageError(
      'The path of tmux-builder’s home holds control characters.',
      'Set TMUX_BUILDER_HOME to another folder',
    )
  if (Buffer.byteLength(home.home) > maxHomeBytes)
    throw notReady(
      `The path of tmux-builder’s home is too long: more than ${maxHomeBytes} bytes.`,
      'Set TMUX_BUILDER_HOME to a shorter one',
    )
  return { home, store: openStore(home.database, options) }
}

/** The session that a GUID or prefix names, active ones first. Exit 2 when it is ambiguous, 4 when there is none. */
export function openSession(context: Context, guidOrPrefix: string): Scope {
  const prefix = parseGuidPrefix(guidOrPrefix)
  const { home, store } = openHome(context, { create: false })
  const found = findSessionsByPrefix(store, prefix)
  const [session] = found
  if (!session)
    throw noSuchSession(
      `There is no session ${prefix}.`,
      'See them all with: tmux-builder list --all',
    )
  if (found.length > 1)
    throw usageError(
      `${prefix} fits ${found.length} sessions: ${found.map((one) => one.guid).join(', ')}.`,
      'Give more digits of the GUID',
    )
  return scopeOf(context, store, home, session.guid)
}
