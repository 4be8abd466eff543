import type { Row, Store } from './database.ts'
import { appendEvent } from './events.ts'
import { forgetReleasesElsewhere } from './forget-releases.ts'

interface Place {
  readonly guid: string
  readonly build: number
  readonly attempt: number
}

/** What a release is on the `aws` target. */
export interface RemoteRelease {
  /** Random: the prefix in the bucket, and what the marker says. Only these records tie it to the GUID. */
  readonly id: string
  readonly digest: string
  readonly mode: 'spa' | 'mpa'
  /** SHA-256 of its index.html. */
  readonly index: string
  readonly account: string
  readonly region: string
  readonly profile: string | undefined
}

/** One deployment: the folder `site/<release>`, on `aws` also a prefix in the bucket. */
export interface Release extends Place {
  readonly release: number
  readonly target: 'aws' | 'local'
  /** Set when it was switched to: before that it is only being copied. */
  readonly url: string | undefined
  readonly verified: boolean
  readonly remote: RemoteRelease | undefined
  readonly createdAt: string
}

const releaseOf = (row: Row): Release => ({
  guid: String(row.guid),
  release: Number(row.release),
  build: Number(row.build),
  attempt: Number(row.attempt),
  target: row.target as Release['target'],
  url: row.url === null ? undefined : String(row.url),
  verified: row.verified === 1,
  remote: row.remote === null ? undefined : JSON.parse(String(row.remote)),
  createdAt: String(row.created_at),
})

/** Takes the session's next release number for a build's attempt. */
export function takeReleaseNumber(
  store: Store,
  place: Place,
  target: Release['target'] = 'local',
  remote?: RemoteRelease,
): number {
  return store.transact(() => {
    const row = store.get(
      'UPDATE sessions SET last_release = last_release + 1 WHERE guid = ? RETURNING last_release',
      place.guid,
    )
    const release = Number(row?.last_release)
    store.run(
      'INSERT INTO releases (guid, release, build, attempt, target, remote, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      place.guid,
      release,
      place.build,
      place.attempt,
      target,
      remote === undefined ? null : JSON.stringify(remote),
      new Date().toISOString(),
    )
    return release
  })
}

const liveColumnOf = (target: Release['target']) =>
  target === 'local' ? 'live_release' : 'remote_release'

/** Makes a release the live one and tells its address, with its event. A rollback that was cut short is none any more. */
export function recordReleased(store: Store, place: Place, release: number, url: string): void {
  store.transact(() => {
    const row = store.get(
      'UPDATE releases SET url = ?, live_at = ? WHERE guid = ? AND release = ? RETURNING target',
      url,
      new Date().toISOString(),
      place.guid,
      release,
    )
    const target = row?.target as Release['target']
    if (target === 'aws') forgetReleasesElsewhere(store, place.guid, url)
    store.run(
      `UPDATE sessions SET ${liveColumnOf(target)} = ?, rollback = NULL WHERE guid = ?`,
      release,
      place.guid,
    )
    appendEvent(store, place, 'released', { target, url, release })
  })
}

/** Another release than before is live, or none, with its event; the same one is no change. */
export function recordSwitched(
  store: Store,
  { guid, target }: Pick<Release, 'guid' | 'target'>,
  release: number | undefined,
): void {
  const column = liveColumnOf(target)
  store.transact(() => {
    const row = store.get(
      `UPDATE sessions SET ${column} = ? WHERE guid = ? AND ${column} IS NOT ? RETURNING last_build`,
      release ?? null,
      guid,
      release ?? null,
    )
    if (!row) return
    const place = { guid, build: Number(row.last_build) || undefined }
    appendEvent(store, place, 'release_switched', { target, release: release ?? null })
  })
}

export function recordReleaseVerified(store: Store, guid: string, release: number): void {
  store.run('UPDATE releases SET verified = 1 WHERE guid = ? AND release = ?', guid, release)
}

/** The preview has another address: what was deployed to the local target is found there. */
export function moveReleases(store: Store, guid: string, url: string): void {
  store.run(
    "UPDATE releases SET url = ? WHERE guid = ? AND url IS NOT NULL AND target = 'local'",
    url,
    guid,
  )
  store.run(
    "UPDATE builds SET url = ? WHERE guid = ? AND url IS NOT NULL AND target = 'local'",
    url,
    guid,
  )
}

/**
 * The newest release that `deploy` finished in this attempt; on `aws` in this build, where an attempt goes on with what
 * the one before it put there.
 */
export function findReleaseOf(
  store: Store,
  place: Place & Pick<Release, 'target'>,
): Release | undefined {
  const row = store.get(
    `SELECT * FROM releases WHERE guid = ? AND build = ? AND (attempt = ? OR target = 'aws') AND target = ?
     AND url IS NOT NULL ORDER BY live_at DESC, release DESC LIMIT 1`,
    place.guid,
    place.build,
    place.attempt,
    place.target,
  )
  return row && releaseOf(row)
}

/** Did `deploy` finish a release in this build? */
export function hasReleaseOf(
  store: Store,
  { guid, build }: Pick<Place, 'guid' | 'build'>,
): boolean {
  const sql = 'SELECT 1 FROM releases WHERE guid = ? AND build = ? AND url IS NOT NULL'
  return store.get(sql, guid, build) !== undefined
}

export function findRelease(store: Store, guid: string, release: number): Release | undefined {
  const row = store.get('SELECT * FROM releases WHERE guid = ? AND release = ?', guid, release)
  return row && releaseOf(row)
}

/** Newest first; those that are only being copied too. */
export function listReleases(store: Store, guid: string): Release[] {
  return store
    .all('SELECT * FROM releases WHERE guid = ? ORDER BY release DESC', guid)
    .map(releaseOf)
}

/** The release that was live last of those whose address was verified. */
export function findLastVerifiedRelease(
  store: Store,
  guid: string,
  target: Release['target'] = 'local',
): Release | undefined {
  const row = store.get(
    'SELECT * FROM releases WHERE guid = ? AND verified = 1 AND target = ? ORDER BY live_at DESC, release DESC LIMIT 1',
    guid,
    target,
  )
  return row && releaseOf(row)
}

/** Did a deployment of the build on `aws` begin after that release was made the live one? Killed, it may be the live one. */
export function hasBegunSince(
  store: Store,
  build: Pick<Release, 'guid' | 'build'>,
  { release }: Release,
): boolean {
  const row = store.get(
    `SELECT 1 FROM releases AS begun JOIN releases AS live USING (guid)
     WHERE guid = ? AND begun.build = ? AND begun.target = 'aws' AND live.release = ?
     AND begun.release <> live.release AND begun.created_at > live.live_at`,
    build.guid,
    build.build,
    release,
  )
  return row !== undefined
}

/** What is to be served while no build runs: the release that was live last, of deployed builds and verified ones. */
export function findStandingRelease(
  store: Store,
  guid: string,
  target: Release['target'],
): Release | undefined {
  const row = store.get(
    `SELECT releases.* FROM releases JOIN builds USING (guid, build)
     WHERE guid = ? AND releases.target = ? AND releases.url IS NOT NULL
     AND (releases.verified = 1 OR builds.state = 'deployed')
     ORDER BY live_at DESC, release DESC LIMIT 1`,
    guid,
    target,
  )
  return row && releaseOf(row)
}
