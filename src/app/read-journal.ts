import type { JournalEvent } from '../domain/journal.ts'
import { watchFiles } from '../session/watch.ts'
import { eachEvent } from '../store/events.ts'
import { type App, requireScope } from './open-app.ts'

const lookEveryMs = 500

/** The session's journal from its first event; with `follow` it goes on until the signal. */
export async function* events(
  app: App,
  guid: string,
  { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal },
): AsyncGenerator<JournalEvent> {
  const scope = requireScope(app, guid)
  let after = 0
  const wakeup = follow ? watchFiles([`${scope.home.database}-wal`]) : undefined
  const wake = () => wakeup?.wake()
  signal.addEventListener('abort', wake)
  try {
    for (;;) {
      for (const event of eachEvent(scope.store, { guid: scope.guid, after })) {
        after = event.seq
        yield event
      }
      if (!wakeup || signal.aborted) return
      await wakeup.next(lookEveryMs)
    }
  } finally {
    signal.removeEventListener('abort', wake)
    wakeup?.close()
  }
}
