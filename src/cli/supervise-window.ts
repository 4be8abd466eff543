import { explainPassing } from '../app/explain-error.ts'
import { openApp, requireScope } from '../app/open-app.ts'
import { supervise } from '../builds/supervise.ts'
import { countWaiting, recordWaiting } from '../builds/waiting.ts'
import type { TmuxBuilderError } from '../errors.ts'
import { waitExitCode } from '../session/launch-script.ts'
import type { Scope } from '../session/scope.ts'
import { logLine } from '../session/session-logs.ts'
import type { Input } from './command-row.ts'
import type { Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'

const firstPauseMs = 1_000
const longestPauseMs = 30_000
/** Shorter, because commands cannot see a waiting supervisor that is not in the records. */
const longestUnrecordedPauseMs = 2_000

/**
 * Runs in the session's supervisor window and takes the latest build to its end; the exit code is 0 however it
 * ended. While the machine fails (a full disk), it waits, longer each time. Then the window's loop
 * starts another process, which continues from the records.
 */
export async function superviseWindow(input: Input<{ readonly guid: string }>): Promise<number> {
  const { context } = input
  const crashes = Number(context.env.TMUX_BUILDER_CRASHES ?? 0)
  const waits = Number(context.env.TMUX_BUILDER_WAITS ?? 0)
  let scope: Scope | undefined
  const log = (line: string) =>
    void context.stdout.write(scope ? logLine(scope, line) : `${line}\n`)
  try {
    scope = requireScope(await openApp(context, { create: false }), input.args.guid)
    if (waits === 0) log(`supervisor ${process.pid} starts`)
    await supervise(scope, { crashes, waits, log })
    log(`supervisor ${process.pid} has nothing left to do`)
    return exitCodes.ok
  } catch (error) {
    const cause = explainPassing(error)
    if (!cause) {
      log(error instanceof Error ? (error.stack ?? error.message) : String(error))
      throw error
    }
    // The session was deleted meanwhile.
    if (cause.reason === 'no_such_session') return exitCodes.ok
    if (waits === 0) log(`waiting: ${cause.message} ${cause.hint ?? ''}`)
    else context.stdout.write(`still waiting: ${cause.message}\n`)
    await wait(context, scope, cause, Math.min(firstPauseMs * 2 ** waits, longestPauseMs))
    return waitExitCode
  }
}

async function wait(
  context: Context,
  scope: Scope | undefined,
  cause: TmuxBuilderError,
  pauseMs: number,
): Promise<void> {
  const canRecord = async (act: (scope: Scope) => Promise<void>): Promise<boolean> => {
    try {
      if (scope) await act(scope)
      return scope !== undefined
    } catch (error) {
      if (!explainPassing(error)) throw error
      return false
    }
  }
  const isRecorded = await canRecord((of) => recordWaiting(of, cause.message))
  const since = context.elapsed()
  await context.sleep(
    isRecorded ? pauseMs : Math.min(pauseMs, longestUnrecordedPauseMs),
    context.signal,
  )
  await canRecord((of) => countWaiting(of, context.elapsed() - since))
}
