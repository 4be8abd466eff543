import type { Store } from './database.ts'

export interface Attempt {
  readonly attempt: number
  readonly startedAt: string
  readonly endedAt: string | undefined
  readonly reason: string | undefined
  /** What was seen when it failed: text for the next attempt's prompt. */
  readonly detail: string | undefined
}

export function startAttempt(store: Store, guid: string, build: number, attempt: number): void {
  store.run(
    'INSERT INTO attempts (guid, build, attempt, started_at) VALUES (?, ?, ?, ?)',
    guid,
    build,
    attempt,
    new Date().toISOString(),
  )
}

export function endAttempt(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
  reason: string,
  detail: string,
): void {
  store.run(
    'UPDATE attempts SET ended_at = ?, reason = ?, detail = ? WHERE guid = ? AND build = ? AND attempt = ?',
    new Date().toISOString(),
    reason,
    detail,
    place.guid,
    place.build,
    place.attempt,
  )
}

/** Oldest first. */
export function listAttempts(store: Store, guid: string, build: number): Attempt[] {
  return store
    .all('SELECT * FROM attempts WHERE guid = ? AND build = ? ORDER BY attempt', guid, build)
    .map((row) => ({
      attempt: Number(row.attempt),
      startedAt: String(row.started_at),
      endedAt: row.ended_at === null ? undefined : String(row.ended_at),
      reason: row.reason === null ? undefined : String(row.reason),
      detail: row.detail === null ? undefined : String(row.detail),
    }))
}
