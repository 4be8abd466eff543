import { parseGuidPrefix } from '../domain/identity.ts'
import { noSuchSession, notReady, TmuxBuilderError, usageError } from '../errors.ts'
import { type HomePaths, homePaths } from '../session/paths.ts'
import { isAlive } from '../session/processes.ts'
import { type Scope, scopeOf } from '../session/scope.ts'
import { openStore, type Store } from '../store/database.ts'
import { schemaVersion } from '../store/schema.ts'
import { findSessionsByPrefix, listOutdatedSupervisors } from '../store/sessions.ts'
import type { World } from '../world/world.ts'
import { upgradeRecords } from './upgrade.ts'

/** One home, opened: what every function of the application layer is given. */
export interface App {
  readonly world: World
  readonly home: HomePaths
  readonly store: Store
  close(): void
}

/** SQLite takes paths of up to 512 bytes, and the locks of sessions lie some 100 deeper. */
const maxHomeBytes = 400

/**
 * Opens the home that the world's environment names. With `create: false` an absent home reads as an empty one
 * and nothing is made, so that a command that only reads leaves no trace; the records of an earlier version are
 * brought up to date in either case.
 */
export async function openApp(world: World, options: { readonly create: boolean }): Promise<App> {
  const home = homePaths(world.env, world.cwd)
  if (/[\x00-\x1f\x7f]/.test(home.home))
    throw usageError(
      'The path of tmux-builder’s home contains control characters.',
      'Set TMUX_BUILDER_HOME to another folder',
    )
  if (Buffer.byteLength(home.home) > maxHomeBytes)
    throw notReady(
      `The path of tmux-builder’s home is too long: more than ${maxHomeBytes} bytes.`,
      'Set TMUX_BUILDER_HOME to a shorter one',
    )
  const store = await openStore(home.database, options)
  try {
    endOutdatedSupervisors(store)
    await upgradeRecords(world, store)
  } catch (error) {
    store.close()
    throw error
  }
  return { world, home, store, close: () => store.close() }
}

export const scopeIn = ({ world, home, store }: App, guid: string): Scope =>
  scopeOf(world, store, home, guid)

/** The same app for one call, which ends early when that signal aborts too. */
export const withSignal = (app: App, signal: AbortSignal): App => ({
  ...app,
  world: { ...app.world, signal: AbortSignal.any([app.world.signal, signal]) },
})

/**
 * The session that a GUID or prefix names, active ones first. Reasons: `usage` when it is ambiguous,
 * `no_such_session`.
 */
export function requireScope(app: App, guidOrPrefix: string): Scope {
  const prefix = parseGuidPrefix(guidOrPrefix)
  const found = findSessionsByPrefix(app.store, prefix)
  const [session] = found
  if (!session)
    throw noSuchSession(
      `There is no session ${prefix}.`,
      'List all sessions with: tmux-builder list --all',
    )
  if (found.length > 1)
    throw usageError(
      `${prefix} matches ${found.length} sessions: ${found.map((one) => one.guid).join(', ')}.`,
      'Give more digits of the GUID',
    )
  return scopeIn(app, session.guid)
}

/**
 * Like `requireScope`, but also accepts the whole GUID of a session that was deleted here: what it made in AWS
 * is found by its stack and its tags.
 */
export function resolveGuid(app: App, guidOrPrefix: string): string {
  try {
    return requireScope(app, guidOrPrefix).guid
  } catch (error) {
    const isUnknown = error instanceof TmuxBuilderError && error.reason === 'no_such_session'
    if (isUnknown && /^[0-9a-f]{64}$/.test(guidOrPrefix)) return guidOrPrefix
    throw error
  }
}

/**
 * Asks the supervisors of other versions to end, because they know the records as they were. The loop of their
 * window then starts the program that is installed now.
 */
function endOutdatedSupervisors(store: Store): void {
  for (const { supervisorProcess } of listOutdatedSupervisors(store, schemaVersion))
    if (supervisorProcess && isAlive(supervisorProcess))
      process.kill(supervisorProcess.pid, 'SIGTERM')
}
