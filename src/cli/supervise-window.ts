import { explainPassing } from '../app/explain-error.ts'
import { openApp, requireScope } from '../app/open-app.ts'
import { supervise } from '../builds/supervise.ts'
import { countWaiting, recordWaiting } from '../builds/waiting.ts'
import type { TmuxBuilderError } from '../errors.ts'
import { waitExitCode } from '../session/launch-script.ts'
import type { Scope } from '../session/scope.ts'
import { logLine } from '../session/supervisor-log.ts'
import type { Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'

const firstPauseMs = 1_000
const longestPauseMs = 30_000
/** Where the records cannot say that a supervisor is there, a command would wait for it in vain. */
const longestUntoldPauseMs = 2_000

/**
 * What the session's supervisor window runs: takes the latest build to its end; 0 however it ended. Surroundings that
 * are broken for a while are waited for, each time longer; then the window's loop starts another process, which goes
 * on from the records.
 */
export async function superviseWindow(context: Context, guid: string): Promise<number> {
  const crashes = Number(context.env.TMUX_BUILDER_CRASHES ?? 0)
  const waits = Number(context.env.TMUX_BUILDER_WAITS ?? 0)
  let scope: Scope | undefined
  const log = (line: string) =>
    void context.stdout.write(scope ? logLine(scope, line) : `${line}\n`)
  try {
    scope = requireScope(await openApp(context, { create: false }), guid)
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
    // Deleted meanwhile.
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
  const canRecord = (act: (scope: Scope) => void): boolean => {
    try {
      if (scope) act(scope)
      return scope !== undefined
    } catch (error) {
      if (!explainPassing(error)) throw error
      return false
    }
  }
  const isTold = canRecord((of) => recordWaiting(of, cause.message))
  const since = context.elapsed()
  await context.sleep(isTold ? pauseMs : Math.min(pauseMs, longestUntoldPauseMs), context.signal)
  canRecord((of) => countWaiting(of, context.elapsed() - since))
}
