import { type BuildResult, resultOf } from '../app/follow-build.ts'
import type { App } from '../app/open-app.ts'
import { awaitSupervisor, type Started, type StartInput, startBuild } from '../app/start-build.ts'
import { requireBuild } from '../store/builds.ts'
import { eachEvent } from '../store/events.ts'
import type { Context } from './context.ts'
import { exitCodeOfResult, exitCodes } from './exit-codes.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { printResult } from './result.ts'
import { watchBuild } from './watch-build.ts'

export interface StreamFlags {
  readonly json?: boolean
  readonly detach?: boolean
  /** Only where it was given on the command line: how long a joiner waits. */
  readonly timeoutMs?: number | undefined
}

/** Starts or joins the build and follows it, or with `--detach` leaves it; returns the exit code. */
export async function runBuildCommand(
  context: Context,
  app: App,
  input: StartInput,
  flags: StreamFlags,
): Promise<number> {
  const json = flags.json === true
  const detached = flags.detach === true
  const reporter = await createReporter(context, json)
  try {
    const started = await startBuild(app, input)
    if (detached) await awaitSupervisor(app, started)
    const result =
      detached || started.how === 'reported'
        ? resultOf(requireBuild(app.store, started.guid, started.build), 'build')
        : await follow(context, app, started, flags, reporter)
    if (started.how === 'reported' && !detached) showReported(app, started, json, reporter)
    reporter.close()
    const exitCode = detached ? exitCodes.ok : exitCodeOfResult(result, context.signal)
    printResult(context, result, exitCode, { json, detached })
    return exitCode
  } finally {
    reporter.close()
  }
}

/** A stream has all events of the build that it reports; people are told in one sentence. */
function showReported(app: App, { guid, build }: Started, json: boolean, reporter: Reporter): void {
  if (!json) reporter.notice('This request is deployed already, and its address still answers.')
  else for (const event of eachEvent(app.store, { guid, build, after: 0 })) reporter.event(event)
}

function follow(
  context: Context,
  app: App,
  started: Started,
  flags: StreamFlags,
  reporter: Reporter,
): Promise<BuildResult> {
  const isJoiner = started.how === 'joined'
  if (isJoiner) reporter.notice(`Joining build ${started.build}, which is running.`)
  return watchBuild(context, app, started, {
    reporter,
    patienceMs: isJoiner ? flags.timeoutMs : undefined,
    agentEnvironment: started.agentEnvironment,
  })
}
