import { watchBuild } from '../app/follow-build.ts'
import { openSession } from '../app/open.ts'
import { parseDuration } from '../domain/duration.ts'
import { noSuchSession } from '../errors.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import type { Context } from '../world/world.ts'
import { canAskHere } from './ask-here.ts'
import { type BuildResult, createReporter } from './reporter.ts'

/** Follows the session's latest build to its end; starts nothing either. */
export async function watchStatus(
  context: Context,
  guid: string,
  flags: { readonly json?: boolean; readonly timeout?: string },
): Promise<BuildResult> {
  const timeoutMs =
    flags.timeout === undefined ? undefined : parseDuration(flags.timeout, '--timeout')
  const scope = openSession(context, guid)
  const build = requireLatestBuild(scope)
  const reporter = await createReporter(context, flags.json === true)
  try {
    return await watchBuild(scope, build.build, {
      reporter,
      timeoutMs,
      takeOver: undefined,
      isInteractive: await canAskHere(scope),
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
