import { appendFileSync } from 'node:fs'
import type { Context } from '../context.ts'
import { supervise } from '../supervise/supervise.ts'
import { openSession } from './open.ts'

/** What the session's supervisor window runs: takes the latest build to its end; 0 however it ended. */
export async function superviseCommand(context: Context, guid: string): Promise<number> {
  const scope = openSession(context, guid)
  const log = (line: string) => {
    const text = `${new Date(context.now()).toISOString()} ${line}\n`
    context.stdout.write(text)
    appendFileSync(scope.paths.supervisorLog, text, { mode: 0o600 })
  }
  log(`supervisor ${process.pid} starts`)
  try {
    await supervise(scope, { crashes: Number(context.env.TMUX_BUILDER_CRASHES ?? 0), log })
  } catch (error) {
    log(error instanceof Error ? (error.stack ?? error.message) : String(error))
    throw error
  }
  log(`supervisor ${process.pid} has nothing left to do`)
  return 0
}
