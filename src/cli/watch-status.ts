import { type App, requireScope } from '../app/open-app.ts'
import { noSuchSession } from '../errors.ts'
import { findLatestBuild } from '../store/builds.ts'
import type { Context } from './context.ts'
import { exitCodeOfResult } from './exit-codes.ts'
import { createReporter } from './reporter.ts'
import { printResult } from './result.ts'
import { watchBuild } from './watch-build.ts'

/** Follows the session's latest build to its end and starts nothing; returns the exit code. */
export async function watchStatus(
  context: Context,
  app: App,
  guid: string,
  flags: { readonly json?: boolean; readonly timeoutMs?: number },
): Promise<number> {
  const scope = requireScope(app, guid)
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build)
    throw noSuchSession('This session has no build.', 'Start one with: tmux-builder register')
  const json = flags.json === true
  const reporter = await createReporter(context, json)
  try {
    const result = await watchBuild(context, app, build, {
      reporter,
      patienceMs: flags.timeoutMs,
      agentEnvironment: undefined,
    })
    reporter.close()
    const exitCode = exitCodeOfResult(result, context.signal)
    printResult(context, result, exitCode, { json, detached: false })
    return exitCode
  } finally {
    reporter.close()
  }
}
