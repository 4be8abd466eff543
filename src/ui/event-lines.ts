import type { Context } from '../context.ts'
import type { JournalEvent } from '../domain/events.ts'
import { plainView } from './progress.ts'

/** The journal on stdout, where it is the result: one line or one object an event. */
export function eventPrinter(context: Context, json: boolean): (event: JournalEvent) => void {
  return json
    ? (event) => void context.stdout.write(`${JSON.stringify(event)}\n`)
    : plainView(context.stdout).show
}
