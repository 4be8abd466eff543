import { followEnd } from '../cli/follow-end.ts'
import type { JournalEvent } from '../domain/journal.ts'
import { watchFiles } from '../session/watch.ts'
import { eachEvent } from '../store/events.ts'
import type { Context } from '../world/world.ts'
import { openSession } from './open.ts'

export interface EventsFlags {
  readonly follow?: boolean
}

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
    for (const event of eachEvent(scope.store, { guid: scope.guid, after })) {
      after = event.seq
      show(event)
    }
  }
  showNew()
  if (!flags.follow) return
  const wakeup = watchFiles([`${scope.home.database}-wal`])
  const end = followEnd(context)
  end.addEventListener('abort', wakeup.wake)
  try {
    while (!end.aborted) {
      await wakeup.next(lookEveryMs)
      showNew()
    }
  } finally {
    wakeup.close()
  }
  context.signal.throwIfAborted()
}
