import type { Context } from '../context.ts'
import { parseDuration } from '../domain/duration.ts'
import type { SessionView } from '../domain/session-view.ts'
import { noSuchSession } from '../errors.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { type BuildResult, createReporter } from '../ui/reporter.ts'
import { openSession } from './open.ts'
import { sessionView } from './session-view.ts'
import { watchBuild } from './watch-build.ts'

export interface StatusFlags {
  readonly json?: boolean
  readonly showIdentity?: boolean
  readonly watch?: boolean
  readonly timeout?: string
}

/** The session as it is now; starts nothing. */
export function status(context: Context, guid: string, flags: StatusFlags): SessionView {
  const scope = openSession(context, guid)
  return sessionView(scope, findLatestBuild(scope.store, scope.guid), flags.showIdentity === true)
}

/** Follows the session's latest build to its end; starts nothing either. */
export async function watchStatus(
  context: Context,
  guid: string,
  flags: StatusFlags,
): Promise<BuildResult> {
  const scope = openSession(context, guid)
  const build = requireLatestBuild(scope)
  const timeoutMs =
    flags.timeout === undefined ? undefined : parseDuration(flags.timeout, '--timeout')
  const reporter = await createReporter(context, flags.json === true)
  try {
    return await watchBuild(scope, build.build, {
      reporter,
      timeoutMs,
      takeOver: undefined,
      isInteractive: context.stdin.isTTY === true && context.stderr.isTTY === true,
    })
  } finally {
    reporter.close()
  }
}

function requireLatestBuild(scope: Scope): Build {
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build)
    throw noSuchSession('This session has no build.', 'Start one with: tmux-builder register')
  return build
}
