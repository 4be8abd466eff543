import type { JournalEvent } from '../domain/journal.ts'
import type { Context, Output } from './context.ts'
import { describeEvent, timeOf } from './describe-event.ts'
import { exitCodeOfFailure } from './exit-codes.ts'
import { plainText } from './plain-text.ts'

/** Shows what happens while a command streams: progress on stderr, or with `--json` events on stdout. */
export interface Reporter {
  event(event: JournalEvent): void
  /** Shows a sentence for people; it is always on stderr. */
  notice(text: string): void
  close(): void
}

export async function createReporter(context: Context, isJson: boolean): Promise<Reporter> {
  const plain = plainReporter(context.stderr)
  if (isJson) return { ...plain, event: eventPrinter(context, true) }
  if (!isTerminal(context)) return plain
  return (await import('./terminal.ts')).terminalReporter(context)
}

/** Writes each event as one plain line, for logs and pipes. */
const plainReporter = (output: Output): Reporter => ({
  event: (event) => void output.write(`${timeOf(event.at)} ${describeEvent(event)}\n`),
  notice: (text) => void output.write(`${plainText(text)}\n`),
  close: () => {},
})

/** Prints events on stdout, each as one line of text or one object. */
export function eventPrinter(context: Context, isJson: boolean): (event: JournalEvent) => void {
  return isJson
    ? (event) => void context.stdout.write(`${eventJson(event)}\n`)
    : plainReporter(context.stdout).event
}

/** A failure gets its exit code only here, because the rooms below `cli/` know none. */
function eventJson(event: JournalEvent): string {
  const object =
    event.type === 'failed' ? { ...event, exit_code: exitCodeOfFailure(event.reason) } : event
  return JSON.stringify(object)
}

/** Colours and a spinner are shown on a terminal only, and not when the environment turns them off. */
function isTerminal({ env, stderr }: Context): boolean {
  // On a terminal without a size (script, expect, some CI runners) ora would never return.
  if (stderr.columns === 0) return false
  if (stderr.isTTY !== true) return false
  if (env.FORCE_COLOR !== undefined) return !/^(0|false)$/.test(env.FORCE_COLOR)
  return !env.NO_COLOR && !env.CI && env.TERM !== 'dumb'
}
