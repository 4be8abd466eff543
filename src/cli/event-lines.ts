import type { JournalEvent } from '../domain/journal.ts'
import type { Context } from './context.ts'
import { exitCodeOfFailure } from './exit-codes.ts'
import { plainView } from './progress.ts'

/** The journal on stdout, where it is the result: one line or one object an event. */
export function eventPrinter(context: Context, json: boolean): (event: JournalEvent) => void {
  return json
    ? (event) => void context.stdout.write(`${eventJson(event)}\n`)
    : plainView(context.stdout).show
}

/** An event as one line of JSON. What a failure means as an exit code is the command line's to say. */
export function eventJson(event: JournalEvent): string {
  const told =
    event.type === 'failed' ? { ...event, exit_code: exitCodeOfFailure(event.reason) } : event
  return JSON.stringify(told)
}
