import { type BuildResult, resultOf } from '../app/follow-build.ts'
import { type App, scopeIn } from '../app/open-app.ts'
import { type BuildRequest, type Started, startOrJoin, takeOver } from '../app/start-build.ts'
import type { Scope } from '../session/scope.ts'
import { hasSupervisor, missingSupervisorMs } from '../session/start.ts'
import { requireBuild } from '../store/builds.ts'
import { eachEvent } from '../store/events.ts'
import type { Context } from './context.ts'
import { exitCodeOfResult } from './exit-codes.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { printResult } from './result.ts'
import { watchBuild } from './watch-build.ts'

export interface StreamFlags {
  readonly json?: boolean
  readonly detach?: boolean
  /** Given on the command line: how long a joiner waits. */
  readonly timeoutMs?: number | undefined
}

const pollMs = 50

/** Starts or joins the build and follows it (or leaves it, with `--detach`); returns the exit code. */
export async function runBuildCommand(
  context: Context,
  app: App,
  guid: string,
  flags: StreamFlags,
  request: BuildRequest,
): Promise<number> {
  const scope = scopeIn(app, guid)
  const reporter = await createReporter(context, flags.json === true)
  const detached = flags.detach === true
  try {
    const started = await startOrJoin(scope, request)
    const result = detached
      ? await detach(scope, started, request)
      : await follow(context, app, scope, started, request, flags, reporter)
    reporter.close()
    const exitCode = detached ? 0 : exitCodeOfResult(result, context.signal)
    printResult(context, result, exitCode, { json: flags.json === true, detached })
    return exitCode
  } finally {
    reporter.close()
  }
}

async function detach(scope: Scope, started: Started, request: BuildRequest): Promise<BuildResult> {
  const isEnded = () => requireBuild(scope.store, scope.guid, started.build).endedAt !== undefined
  const deadline = scope.world.elapsed() + missingSupervisorMs
  while (!isEnded() && !hasSupervisor(scope) && scope.world.elapsed() < deadline)
    await scope.world.sleep(pollMs)
  if (!isEnded() && !hasSupervisor(scope))
    await takeOver(scope, started.build, request.plan.agentEnvironment)
  return resultOf(requireBuild(scope.store, scope.guid, started.build), 'build')
}

async function follow(
  context: Context,
  app: App,
  { store, guid }: Scope,
  started: Started,
  request: BuildRequest,
  flags: StreamFlags,
  reporter: Reporter,
): Promise<BuildResult> {
  if (started.how === 'reported') {
    for (const event of eachEvent(store, { guid, build: started.build, after: 0 }))
      if (flags.json) reporter.event(event)
    if (!flags.json)
      reporter.notice('This request is deployed already, and its address still answers.')
    return resultOf(requireBuild(store, guid, started.build), 'build')
  }
  const isJoiner = started.how === 'joined'
  if (isJoiner) reporter.notice(`Joining build ${started.build}, which is running.`)
  return watchBuild(
    context,
    app,
    { guid, build: started.build },
    {
      reporter,
      patienceMs: isJoiner ? flags.timeoutMs : undefined,
      agentEnvironment: request.plan.agentEnvironment,
    },
  )
}
