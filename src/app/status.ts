import type { SessionView } from '../domain/session-view.ts'
import { usageError } from '../errors.ts'
import { findLatestBuild } from '../store/builds.ts'
import type { Context } from '../world/world.ts'
import { openSession } from './open.ts'
import { sessionView } from './views.ts'

/** The session as it is now; starts nothing. */
export function status(
  context: Context,
  guid: string,
  flags: { readonly showIdentity?: boolean; readonly timeout?: string },
): SessionView {
  if (flags.timeout !== undefined)
    throw usageError('--timeout goes with --watch.', 'Without it nothing is waited for')
  const scope = openSession(context, guid)
  return sessionView(scope, findLatestBuild(scope.store, scope.guid), flags.showIdentity === true)
}
