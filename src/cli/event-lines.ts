import type { JournalEvent } from '../domain/journal.ts'
import type { Context } from '../world/world.ts'
import { plainView } from './progress.ts'

/** The journal on stdout, where it is the result: one line or one object an event. */
export function eventPrinter(context: Context, json: boolean): (event: JournalEvent) => void {
  return json
    ? (event) => void context.stdout.write(`${JSON.stringify(event)}\n`)
    : plainView(context.stdout).show
}
