import type { Context } from '../context.ts'
import type { JournalEvent } from '../domain/events.ts'
import { readEvents } from '../store/events.ts'
import { watchFiles } from '../workspace/watch.ts'
import { openSession } from './open.ts'

export interface EventsFlags {
  readonly follow?: boolean
}

const pageSize = 1_000
const lookEveryMs = 500

/** The session's journal from its first event; with `follow` it goes on until a signal. */
export async function events(
  context: Context,
  guid: string,
  flags: EventsFlags,
  show: (event: JournalEvent) => void,
): Promise<void> {
  const scope = openSession(context, guid)
  let after = 0
  const showNew = () => {
    for (;;) {
      const page = readEvents(scope.store, { guid: scope.guid, after, limit: pageSize })
      for (const event of page) show(event)
      after = page.at(-1)?.seq ?? after
      if (page.length < pageSize) return
    }
  }
  showNew()
  if (!flags.follow) return
  const wakeup = watchFiles([`${scope.home.database}-wal`])
  context.signal.addEventListener('abort', wakeup.wake)
  try {
    while (!context.signal.aborted) {
      await wakeup.next(lookEveryMs)
      showNew()
    }
  } finally {
    wakeup.close()
  }
}
