import { appendFileSync } from 'node:fs'
import type { Context } from '../context.ts'
import { redact } from '../domain/redact.ts'
import { isDiskFull } from '../store/open.ts'
import { supervise } from '../supervise/supervise.ts'
import { waitExitCode } from '../workspace/launch-script.ts'
import { openSession } from './open.ts'

/**
 * What the session's supervisor window runs: takes the latest build to its end; 0 however it ended. A full disk ends
 * only this process: the window's loop starts another one, until there is room.
 */
export async function superviseCommand(context: Context, guid: string): Promise<number> {
  let log = (line: string) => void context.stdout.write(`${line}\n`)
  try {
    const scope = openSession(context, guid)
    log = (line) => {
      const text = `${new Date(context.now()).toISOString()} ${redact(line)}\n`
      context.stdout.write(text)
      try {
        appendFileSync(scope.paths.supervisorLog, text, { mode: 0o600 })
      } catch {
        // A log that cannot be written ends no build; what it says stands in the window.
      }
    }
    log(`supervisor ${process.pid} starts`)
    await supervise(scope, { crashes: Number(context.env.TMUX_BUILDER_CRASHES ?? 0), log })
    log(`supervisor ${process.pid} has nothing left to do`)
    return 0
  } catch (error) {
    if (isDiskFull(error)) {
      context.stdout.write('The disk is full: waiting for room.\n')
      return waitExitCode
    }
    log(error instanceof Error ? (error.stack ?? error.message) : String(error))
    throw error
  }
}
