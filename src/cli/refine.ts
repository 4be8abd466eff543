import { planBuild } from '../app/build-options.ts'
import { type App, requireScope } from '../app/open-app.ts'
import type { BuildFlags } from '../app/resolve-settings.ts'
import { readSettings } from '../app/settings.ts'
import { isDeployed } from '../domain/decide-build.ts'
import { requestHash } from '../domain/request.ts'
import { requireSession } from '../session/scope.ts'
import { listBuilds } from '../store/builds.ts'
import type { Context } from './context.ts'
import { type RequestFlags, readRequest } from './read-request.ts'
import { runBuildCommand, type StreamFlags } from './run-build-command.ts'

export interface RefineFlags extends BuildFlags, RequestFlags, StreamFlags {}

/** Builds a change onto what the session has deployed, and follows the build to its end. */
export async function refine(
  context: Context,
  app: App,
  guidOrPrefix: string,
  flags: RefineFlags,
): Promise<number> {
  const scope = requireScope(app, guidOrPrefix)
  const settings = await readSettings(context)
  const builds = listBuilds(scope.store, scope.guid)
  const deployed = builds.findLast(isDeployed)
  // Where nothing is deployed this is refused; the reason must not be an agent that nobody named.
  const plan = await planBuild(context, settings, flags, deployed ?? builds.at(-1))
  const bytes = await readRequest(context, flags)
  context.signal.throwIfAborted()
  return runBuildCommand(context, app, scope.guid, flags, {
    command: 'refine',
    identity: requireSession(scope).identity,
    bytes,
    hash: requestHash(bytes),
    rebuild: flags.rebuild === true,
    plan,
  })
}
