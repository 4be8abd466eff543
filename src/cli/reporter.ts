import type { JournalEvent } from '../domain/journal.ts'
import type { Context } from './context.ts'
import { eventJson, type ProgressView, plainView } from './progress.ts'

/** Where a command that streams says what happens: progress to stderr, or with `--json` events to stdout. */
export interface Reporter {
  event(event: JournalEvent): void
  /** A sentence for people who read along; always on stderr. */
  notice(text: string): void
  close(): void
}

export async function createReporter(context: Context, isJson: boolean): Promise<Reporter> {
  if (isJson)
    return {
      event: (event) => void context.stdout.write(`${eventJson(event)}\n`),
      notice: plainView(context.stderr).notice,
      close: () => {},
    }
  const view = isTerminal(context)
    ? await (await import('./terminal.ts')).terminalView(context)
    : plainView(context.stderr)
  return reportTo(view)
}

const reportTo = (view: ProgressView): Reporter => ({
  event: (event) => view.show(event),
  notice: (text) => view.notice(text),
  close: () => view.close(),
})

/** Colours and a spinner only there, and not where the environment says otherwise. */
function isTerminal({ env, stderr }: Context): boolean {
  // One without a size (script, expect, some CI runners) cannot be drawn on: ora never returns there.
  if (stderr.columns === 0) return false
  if (stderr.isTTY !== true) return false
  if (env.FORCE_COLOR !== undefined) return !/^(0|false)$/.test(env.FORCE_COLOR)
  return !env.NO_COLOR && !env.CI && env.TERM !== 'dumb'
}
