import { resultOf, watchBuild } from '../app/follow-build.ts'
import { type BuildRequest, type Started, startOrJoin, takeOver } from '../app/start-build.ts'
import { parseDuration } from '../domain/duration.ts'
import type { Scope } from '../session/scope.ts'
import { hasSupervisor, missingSupervisorMs } from '../session/start.ts'
import { requireBuild } from '../store/builds.ts'
import { eachEvent } from '../store/events.ts'
import { canAskHere } from './ask-here.ts'
import { type BuildResult, createReporter, type Reporter } from './reporter.ts'
import { printResult } from './result.ts'

export interface StreamFlags {
  readonly json?: boolean
  readonly detach?: boolean
  readonly rebuild?: boolean
  readonly timeout?: string
}

const pollMs = 50

/** Starts or joins the build and follows it (or leaves it, with `--detach`); returns the exit code. */
export async function runBuildCommand(
  scope: Scope,
  flags: StreamFlags,
  request: BuildRequest,
): Promise<number> {
  const reporter = await createReporter(scope.context, flags.json === true)
  try {
    const started = await startOrJoin(scope, request)
    const result = flags.detach
      ? await detach(scope, started, request)
      : await follow(scope, started, request, flags, reporter)
    reporter.close()
    printResult(scope.context, result, {
      json: flags.json === true,
      detached: flags.detach === true,
    })
    return result.exit_code
  } finally {
    reporter.close()
  }
}

async function detach(scope: Scope, started: Started, request: BuildRequest): Promise<BuildResult> {
  const isEnded = () => requireBuild(scope.store, scope.guid, started.build).endedAt !== undefined
  const deadline = scope.context.elapsed() + missingSupervisorMs
  while (!isEnded() && !hasSupervisor(scope) && scope.context.elapsed() < deadline)
    await scope.context.sleep(pollMs)
  if (!isEnded() && !hasSupervisor(scope)) await takeOver(scope, started.build, request.plan)
  return resultOf(requireBuild(scope.store, scope.guid, started.build), 0)
}

async function follow(
  scope: Scope,
  started: Started,
  request: BuildRequest,
  flags: StreamFlags,
  reporter: Reporter,
): Promise<BuildResult> {
  const { store, guid } = scope
  if (started.how === 'reported') {
    for (const event of eachEvent(store, { guid, build: started.build, after: 0 }))
      if (flags.json) reporter.event(event)
    if (!flags.json)
      reporter.notice('This request is deployed already, and its address still answers.')
    return resultOf(requireBuild(store, guid, started.build), 0)
  }
  const isJoiner = started.how === 'joined'
  if (isJoiner) reporter.notice(`Joining build ${started.build}, which is running.`)
  return watchBuild(scope, started.build, {
    reporter,
    timeoutMs:
      isJoiner && flags.timeout !== undefined
        ? parseDuration(flags.timeout, '--timeout')
        : undefined,
    takeOver: () => takeOver(scope, started.build, request.plan),
    isInteractive: await canAskHere(scope),
  })
}
