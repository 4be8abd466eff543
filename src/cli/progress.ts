import type { JournalEvent } from '../domain/journal.ts'
import type { Context, Output } from './context.ts'
import { describeEvent } from './describe-event.ts'
import { exitCodeOfFailure } from './exit-codes.ts'
import { plainText } from './plain-text.ts'

/** Something that shows a build's progress to people. */
export interface ProgressView {
  show(event: JournalEvent): void
  notice(text: string): void
  close(): void
}

/** `2026-11-22T17:00:00.000Z` → `17:00:00` (UTC). */
export const timeOf = (at: string): string => at.slice(11, 19)

/** Each event one plain line, for logs and pipes. */
export function plainView(output: Output): ProgressView {
  return {
    show: (event) => void output.write(`${timeOf(event.at)} ${describeEvent(event)}\n`),
    notice: (text) => void output.write(`${plainText(text)}\n`),
    close: () => {},
  }
}

/** Prints the journal on stdout, for commands whose result it is: one line or one object an event. */
export function eventPrinter(context: Context, json: boolean): (event: JournalEvent) => void {
  return json
    ? (event) => void context.stdout.write(`${eventJson(event)}\n`)
    : plainView(context.stdout).show
}

/** An event as one line of JSON. A failure gets its exit code only here: below `cli/` there are none. */
export function eventJson(event: JournalEvent): string {
  const object =
    event.type === 'failed' ? { ...event, exit_code: exitCodeOfFailure(event.reason) } : event
  return JSON.stringify(object)
}
