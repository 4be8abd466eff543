import { appendEvent } from './events.ts'
import type { Row, Store } from './open.ts'

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

/** An older release is the live one again, with its event. */
export function recordRolledBack(store: Store, release: Release, from: number | null): void {
  const { guid, build, attempt, target, url = '' } = release
  store.transact(() => {
    store.run(
      'UPDATE releases SET live_at = ?, verified = 1 WHERE guid = ? AND release = ?',
      new Date().toISOString(),
      guid,
      release.release,
    )
    setLive(store, release, release.release)
    appendEvent(store, { guid, build, attempt }, 'rolled_back', {
      target,
      url,
      release: release.release,
      from,
    })
  })
}

function setLive(store: Store, place: Pick<Release, 'guid' | 'target'>, release: number): void {
  const column = place.target === 'local' ? 'live_release' : 'remote_release'
  store.run(`UPDATE sessions SET ${column} = ? WHERE guid = ?`, release, place.guid)
}

/** Makes a release the live one and tells its address, with its event. */
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
    setLive(store, { guid: place.guid, target }, release)
    appendEvent(store, place, 'released', { target, url, release })
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

/** The newest release that `deploy` finished in this attempt. */
export function findReleaseOf(store: Store, place: Place): Release | undefined {
  const row = store.get(
    'SELECT * FROM releases WHERE guid = ? AND build = ? AND attempt = ? AND url IS NOT NULL ORDER BY release DESC LIMIT 1',
    place.guid,
    place.build,
    place.attempt,
  )
  return row && releaseOf(row)
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

/**
 * What `deploy` put on `aws` is there no more, and no address of it is told any more; the journal keeps what was. With
 * `ofAgentToo` nor are those that the agent deployed otherwise. `false`: none was told.
 */
export function forgetRemoteReleases(store: Store, guid: string, ofAgentToo: boolean): boolean {
  const builds = store.run(
    `UPDATE builds SET url = NULL, verified = 0, proof = NULL
     WHERE guid = ? AND target = 'aws' AND url IS NOT NULL AND (? OR EXISTS (
       SELECT 1 FROM releases WHERE releases.guid = builds.guid AND releases.target = 'aws'
       AND instr(builds.url, rtrim(releases.url, '/')) = 1))`,
    guid,
    ofAgentToo ? 1 : 0,
  )
  const releases = store.run(
    `UPDATE releases SET url = NULL, verified = 0, remote = NULL
     WHERE guid = ? AND target = 'aws' AND (url IS NOT NULL OR remote IS NOT NULL)`,
    guid,
  )
  return builds + releases > 0
}
