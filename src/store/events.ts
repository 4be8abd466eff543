import type { EventFields, EventType, JournalEvent } from '../domain/journal.ts'
import type { AttemptKey } from './attempts.ts'
import type { Reader, Row, Tx } from './database.ts'

/** Where an event belongs. It has no build and no attempt when it concerns the whole session. */
export interface EventPlace {
  readonly guid: string
  readonly build?: number | undefined
  readonly attempt?: number | undefined
}

/** Writes an event with the next number of its session, in the transaction of the change that it reports. */
export function appendEvent<Type extends EventType>(
  tx: Tx,
  key: EventPlace,
  type: Type,
  fields: EventFields[Type],
): void {
  const at = new Date().toISOString()
  const row = tx.get(
    'UPDATE sessions SET last_seq = last_seq + 1, updated_at = ? WHERE guid = ? RETURNING last_seq',
    at,
    key.guid,
  )
  tx.run(
    'INSERT INTO events (guid, seq, at, build, attempt, type, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
    key.guid,
    Number(row?.last_seq),
    at,
    key.build ?? null,
    key.attempt ?? null,
    type,
    JSON.stringify(fields),
  )
}

const pageSize = 1_000

export interface EventQuery {
  readonly guid: string
  /** When it is given, only events of this build are read. */
  readonly build?: number | undefined
  /** Only events after this number are read. */
  readonly after: number
  readonly limit?: number
}

/** Reads one page of events in the order of `seq`. */
export function readEvents(reader: Reader, query: EventQuery): JournalEvent[] {
  const limit = query.limit ?? pageSize
  const rows =
    query.build === undefined
      ? reader.all(
          'SELECT * FROM events WHERE guid = ? AND seq > ? ORDER BY seq LIMIT ?',
          query.guid,
          query.after,
          limit,
        )
      : reader.all(
          'SELECT * FROM events WHERE guid = ? AND seq > ? AND build = ? ORDER BY seq LIMIT ?',
          query.guid,
          query.after,
          query.build,
          limit,
        )
  return rows.map(eventOf)
}

/** Reads all events, page by page, in the order of `seq`. */
export function* eachEvent(
  reader: Reader,
  query: Omit<EventQuery, 'limit'>,
): Generator<JournalEvent> {
  let { after } = query
  for (;;) {
    const page = readEvents(reader, { ...query, after, limit: pageSize })
    yield* page
    if (page.length < pageSize) return
    after = page.at(-1)?.seq ?? after
  }
}

/** Finds the newest event of these types in one attempt. */
export function findLastEvent(
  reader: Reader,
  key: AttemptKey,
  types: readonly EventType[],
): JournalEvent | undefined {
  const row = reader.get(
    `SELECT * FROM events WHERE guid = ? AND build = ? AND attempt = ? AND type IN (${types.map(() => '?').join(', ')})
     ORDER BY seq DESC LIMIT 1`,
    key.guid,
    key.build,
    key.attempt,
    ...types,
  )
  return row && eventOf(row)
}

/** Whether no event says yet that the agent which was started last is ready. */
export function lacksReadyEvent(reader: Reader, guid: string): boolean {
  const row = reader.get(
    "SELECT type FROM events WHERE guid = ? AND type IN ('agent_started', 'agent_ready') ORDER BY seq DESC LIMIT 1",
    guid,
  )
  return row?.type === 'agent_started'
}

/** Records once for each start of the agent that it is ready. */
export function recordAgentReady(tx: Tx, key: AttemptKey): void {
  if (!lacksReadyEvent(tx, key.guid)) return
  const session = tx.get('SELECT conversation FROM sessions WHERE guid = ?', key.guid)
  appendEvent(tx, key, 'agent_ready', { conversation: String(session?.conversation) })
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
