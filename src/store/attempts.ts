import { column, decode, insertRow, type RecordOf } from './codec.ts'
import type { Reader, Tx } from './database.ts'

const columns = {
  attempt: column.number,
  startedAt: column.text(),
  endedAt: column.optional(column.text()),
  reason: column.optional(column.text()),
  /** What was seen when the attempt failed, as text for the prompt of the next one. */
  detail: column.optional(column.text()),
}

export type Attempt = RecordOf<typeof columns>

/** What names an attempt. */
export interface AttemptKey {
  readonly guid: string
  readonly build: number
  readonly attempt: number
}

export function startAttempt(tx: Tx, guid: string, build: number, attempt: number): void {
  insertRow(tx, 'attempts', { guid, build, attempt, startedAt: new Date().toISOString() })
}

export function endAttempt(tx: Tx, key: AttemptKey, reason: string, detail: string): void {
  tx.run(
    'UPDATE attempts SET ended_at = ?, reason = ?, detail = ? WHERE guid = ? AND build = ? AND attempt = ?',
    new Date().toISOString(),
    reason,
    detail,
    key.guid,
    key.build,
    key.attempt,
  )
}

/** Lists the attempts of a build, oldest first. */
export function listAttempts(reader: Reader, guid: string, build: number): Attempt[] {
  return reader
    .all('SELECT * FROM attempts WHERE guid = ? AND build = ? ORDER BY attempt', guid, build)
    .map((row) => decode(columns, row))
}
