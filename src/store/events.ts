import type { EventFields, EventType, JournalEvent } from '../domain/journal.ts'
import type { Row, Store } from './database.ts'

/** Where an event belongs: `build` and `attempt` are null for what concerns the whole session. */
export interface EventPlace {
  readonly guid: string
  readonly build?: number | undefined
  readonly attempt?: number | undefined
}

/** Writes an event with the next number of its session; belongs into the transaction that makes it true. */
export function appendEvent<Type extends EventType>(
  store: Store,
  place: EventPlace,
  type: Type,
  fields: EventFields[Type],
): void {
  const at = new Date().toISOString()
  store.transact(() => {
    const row = store.get(
      'UPDATE sessions SET last_seq = last_seq + 1, updated_at = ? WHERE guid = ? RETURNING last_seq',
      at,
      place.guid,
    )
    store.run(
      'INSERT INTO events (guid, seq, at, build, attempt, type, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
      place.guid,
      Number(row?.last_seq),
      at,
      place.build ?? null,
      place.attempt ?? null,
      type,
      JSON.stringify(fields),
    )
  })
}

const pageSize = 1_000

export interface EventQuery {
  readonly guid: string
  /** Only events of this build. */
  readonly build?: number | undefined
  /** Only events after this number. */
  readonly after: number
  readonly limit?: number
}

/** In order of `seq`. */
export function readEvents(store: Store, query: EventQuery): JournalEvent[] {
  const limit = query.limit ?? pageSize
  const rows =
    query.build === undefined
      ? store.all(
          'SELECT * FROM events WHERE guid = ? AND seq > ? ORDER BY seq LIMIT ?',
          query.guid,
          query.after,
          limit,
        )
      : store.all(
          'SELECT * FROM events WHERE guid = ? AND seq > ? AND build = ? ORDER BY seq LIMIT ?',
          query.guid,
          query.after,
          query.build,
          limit,
        )
  return rows.map(eventOf)
}

/** All of them, however many, in order of `seq`. */
export function* eachEvent(
  store: Store,
  query: Omit<EventQuery, 'limit'>,
): Generator<JournalEvent> {
  let { after } = query
  for (;;) {
    const page = readEvents(store, { ...query, after, limit: pageSize })
    yield* page
    if (page.length < pageSize) return
    after = page.at(-1)?.seq ?? after
  }
}

/** The newest event of these types in one attempt. */
export function findLastEvent(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
  types: readonly EventType[],
): JournalEvent | undefined {
  const row = store.get(
    `SELECT * FROM events WHERE guid = ? AND build = ? AND attempt = ? AND type IN (${types.map(() => '?').join(', ')})
     ORDER BY seq DESC LIMIT 1`,
    place.guid,
    place.build,
    place.attempt,
    ...types,
  )
  return row && eventOf(row)
}

/** The agent that was started last is ready: once for each start. */
export function recordAgentReady(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
): void {
  const row = store.get(
    "SELECT type FROM events WHERE guid = ? AND type IN ('agent_started', 'agent_ready') ORDER BY seq DESC LIMIT 1",
    place.guid,
  )
  if (row?.type !== 'agent_started') return
  const session = store.get('SELECT conversation FROM sessions WHERE guid = ?', place.guid)
  appendEvent(store, place, 'agent_ready', { conversation: String(session?.conversation) })
}

function eventOf(row: Row): JournalEvent {
  return {
    seq: row.seq,
    at: row.at,
    guid: row.guid,
    build: row.build,
    attempt: row.attempt,
    type: row.type,
    ...JSON.parse(String(row.data)),
  } as JournalEvent
}
