import { buildStates } from '../domain/build-state.ts'
import type { SessionSummary } from '../domain/session-view.ts'
import { usageError } from '../errors.ts'
import { listLatestBuilds } from '../store/builds.ts'
import { listSessions } from '../store/sessions.ts'
import type { Context } from '../world/world.ts'
import { openHome } from './open.ts'
import { sessionSummary } from './views.ts'

export interface ListFlags {
  readonly state?: string
  readonly all?: boolean
  readonly showIdentity?: boolean
}

export interface Listed {
  readonly sessions: readonly SessionSummary[]
  /** How many there are that were not asked for. */
  readonly others: number
}

/** All sessions, archived ones only on request; the newest change first. */
export function list(context: Context, flags: ListFlags): Listed {
  if (flags.state !== undefined && !(buildStates as readonly string[]).includes(flags.state))
    throw usageError(
      `Unknown state: ${JSON.stringify(flags.state)}.`,
      `Known are: ${buildStates.join(', ')}`,
    )
  const { store } = openHome(context, { create: false })
  const builds = listLatestBuilds(store)
  const all = listSessions(store)
  const sessions = all
    .filter((session) => flags.all || session.archivedAt === undefined)
    .map((session) =>
      sessionSummary(session, builds.get(session.guid), flags.showIdentity === true),
    )
    .filter((session) => flags.state === undefined || session.state === flags.state)
  return { sessions, others: all.length - sessions.length }
}
