import { appendEvent } from './events.ts'
import type { Row, Store } from './open.ts'

/** One deployment to the local target: the folder `site/<release>`. */
export interface Release {
  readonly release: number
  readonly build: number
  readonly attempt: number
  /** Set when it was switched to: before that it is only being copied. */
  readonly url: string | undefined
  readonly verified: boolean
}

const releaseOf = (row: Row): Release => ({
  release: Number(row.release),
  build: Number(row.build),
  attempt: Number(row.attempt),
  url: row.url === null ? undefined : String(row.url),
  verified: row.verified === 1,
})

/** Takes the session's next release number for a build's attempt. */
export function takeReleaseNumber(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
): number {
  return store.transact(() => {
    const row = store.get(
      'UPDATE sessions SET last_release = last_release + 1 WHERE guid = ? RETURNING last_release',
      place.guid,
    )
    const release = Number(row?.last_release)
    store.run(
      'INSERT INTO releases (guid, release, build, attempt, created_at) VALUES (?, ?, ?, ?, ?)',
      place.guid,
      release,
      place.build,
      place.attempt,
      new Date().toISOString(),
    )
    return release
  })
}

/** Makes a release the live one and tells its address, with its event. */
export function recordReleased(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
  release: number,
  url: string,
): void {
  store.transact(() => {
    store.run(
      'UPDATE releases SET url = ? WHERE guid = ? AND release = ?',
      url,
      place.guid,
      release,
    )
    store.run('UPDATE sessions SET live_release = ? WHERE guid = ?', release, place.guid)
    appendEvent(store, place, 'released', { target: 'local', url, release })
  })
}

/** Another release than before is live, or none, with its event; the same one is no change. */
export function recordSwitched(store: Store, guid: string, release: number | undefined): void {
  store.transact(() => {
    const row = store.get(
      `UPDATE sessions SET live_release = ? WHERE guid = ? AND live_release IS NOT ? RETURNING last_build`,
      release ?? null,
      guid,
      release ?? null,
    )
    if (!row) return
    const place = { guid, build: Number(row.last_build) || undefined }
    appendEvent(store, place, 'release_switched', { release: release ?? null })
  })
}

export function recordReleaseVerified(store: Store, guid: string, release: number): void {
  store.run('UPDATE releases SET verified = 1 WHERE guid = ? AND release = ?', guid, release)
}

/** The preview has another address: what was deployed to the local target is found there. */
export function moveReleases(store: Store, guid: string, url: string): void {
  store.run('UPDATE releases SET url = ? WHERE guid = ? AND url IS NOT NULL', url, guid)
  store.run(
    "UPDATE builds SET url = ? WHERE guid = ? AND url IS NOT NULL AND target = 'local'",
    url,
    guid,
  )
}

/** The newest release that `deploy` finished in this attempt. */
export function findReleaseOf(
  store: Store,
  place: { readonly guid: string; readonly build: number; readonly attempt: number },
): Release | undefined {
  const row = store.get(
    'SELECT * FROM releases WHERE guid = ? AND build = ? AND attempt = ? AND url IS NOT NULL ORDER BY release DESC LIMIT 1',
    place.guid,
    place.build,
    place.attempt,
  )
  return row && releaseOf(row)
}

/** The newest release whose address was verified. */
export function findLastVerifiedRelease(store: Store, guid: string): Release | undefined {
  const row = store.get(
    'SELECT * FROM releases WHERE guid = ? AND verified = 1 ORDER BY release DESC LIMIT 1',
    guid,
  )
  return row && releaseOf(row)
}
