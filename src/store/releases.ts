import type { AttemptKey } from './attempts.ts'
import { column, decode, insertRow, type RecordOf } from './codec.ts'
import type { Reader, Row, Tx } from './database.ts'
import { appendEvent } from './events.ts'

/** What is known of a release on the `aws` target. */
export interface RemoteRelease {
  /** The prefix in the bucket, which the marker names too. It is random: only the records tie it to the GUID. */
  readonly id: string
  readonly digest: string
  readonly mode: 'spa' | 'mpa'
  /** The SHA-256 of its index.html. */
  readonly index: string
  readonly account: string
  readonly region: string
  readonly profile: string | undefined
}

const columns = {
  guid: column.text(),
  release: column.number,
  build: column.number,
  attempt: column.number,
  target: column.text<'aws' | 'local'>(),
  /** It is absent until the release was live once: before that it is only being copied. */
  url: column.optional(column.text()),
  verified: column.flag,
  remote: column.optional(column.json<RemoteRelease>()),
  createdAt: column.text(),
}

/** One deployment: the folder `site/<release>`, and on `aws` also a prefix in the bucket. */
export type Release = RecordOf<typeof columns>

const releaseOf = (row: Row): Release => decode(columns, row)

/** Takes the session's next release number for a build's attempt. */
export function takeReleaseNumber(
  tx: Tx,
  { guid, build, attempt }: AttemptKey,
  target: Release['target'] = 'local',
  remote?: RemoteRelease,
): number {
  const row = tx.get(
    'UPDATE sessions SET last_release = last_release + 1 WHERE guid = ? RETURNING last_release',
    guid,
  )
  const release = Number(row?.last_release)
  const createdAt = new Date().toISOString()
  insertRow(tx, 'releases', { guid, release, build, attempt, target, remote, createdAt })
  return release
}

const liveColumnOf = (target: Release['target']) =>
  target === 'local' ? 'live_release' : 'remote_release'

/** Records a release as the live one, with its event. That also ends a rollback that was interrupted. */
export function recordReleased(tx: Tx, key: AttemptKey, release: number, url: string): void {
  const row = tx.get(
    'UPDATE releases SET url = ?, live_at = ? WHERE guid = ? AND release = ? RETURNING target',
    url,
    new Date().toISOString(),
    key.guid,
    release,
  )
  const target = row?.target as Release['target']
  if (target === 'aws') forgetReleasesElsewhere(tx, key.guid, url)
  tx.run(
    `UPDATE sessions SET ${liveColumnOf(target)} = ?, rollback = NULL WHERE guid = ?`,
    release,
    key.guid,
  )
  appendEvent(tx, key, 'released', { target, url, release })
}

/** Records that another release than before is live, or none, with its event. The same one is no change. */
export function recordSwitched(
  tx: Tx,
  { guid, target }: Pick<Release, 'guid' | 'target'>,
  release: number | undefined,
): void {
  const live = liveColumnOf(target)
  const row = tx.get(
    `UPDATE sessions SET ${live} = ? WHERE guid = ? AND ${live} IS NOT ? RETURNING last_build`,
    release ?? null,
    guid,
    release ?? null,
  )
  if (!row) return
  const key = { guid, build: Number(row.last_build) || undefined }
  appendEvent(tx, key, 'release_switched', { target, release: release ?? null })
}

export function recordReleaseVerified(tx: Tx, guid: string, release: number): void {
  tx.run('UPDATE releases SET verified = 1 WHERE guid = ? AND release = ?', guid, release)
}

/** Gives all local releases and builds the new address of the preview. */
export function moveReleases(tx: Tx, guid: string, url: string): void {
  tx.run(
    "UPDATE releases SET url = ? WHERE guid = ? AND url IS NOT NULL AND target = 'local'",
    url,
    guid,
  )
  tx.run(
    "UPDATE builds SET url = ? WHERE guid = ? AND url IS NOT NULL AND target = 'local'",
    url,
    guid,
  )
}

/**
 * Finds the newest release that `deploy` finished in this attempt. On `aws` those of earlier attempts count too,
 * because an attempt goes on with what the one before it put there.
 */
export function findReleaseOf(
  reader: Reader,
  key: AttemptKey & Pick<Release, 'target'>,
): Release | undefined {
  const row = reader.get(
    `SELECT * FROM releases WHERE guid = ? AND build = ? AND (attempt = ? OR target = 'aws') AND target = ?
     AND url IS NOT NULL ORDER BY live_at DESC, release DESC LIMIT 1`,
    key.guid,
    key.build,
    key.attempt,
    key.target,
  )
  return row && releaseOf(row)
}

/** Whether `deploy` finished a release in this build. */
export function hasReleaseOf(
  reader: Reader,
  { guid, build }: Pick<AttemptKey, 'guid' | 'build'>,
): boolean {
  const sql = 'SELECT 1 FROM releases WHERE guid = ? AND build = ? AND url IS NOT NULL'
  return reader.get(sql, guid, build) !== undefined
}

export function findRelease(reader: Reader, guid: string, release: number): Release | undefined {
  const row = reader.get('SELECT * FROM releases WHERE guid = ? AND release = ?', guid, release)
  return row && releaseOf(row)
}

/** Lists all releases, newest first, including those that are only being copied. */
export function listReleases(reader: Reader, guid: string): Release[] {
  return reader
    .all('SELECT * FROM releases WHERE guid = ? ORDER BY release DESC', guid)
    .map(releaseOf)
}

/** Finds the release that was live last of those whose address was verified. */
export function findLastVerifiedRelease(
  reader: Reader,
  guid: string,
  target: Release['target'] = 'local',
): Release | undefined {
  const row = reader.get(
    'SELECT * FROM releases WHERE guid = ? AND verified = 1 AND target = ? ORDER BY live_at DESC, release DESC LIMIT 1',
    guid,
    target,
  )
  return row && releaseOf(row)
}

/**
 * Whether a deployment of the build on `aws` began after that release was made the live one. If it was killed, its
 * release may be the live one.
 */
export function hasBegunSince(
  reader: Reader,
  build: Pick<Release, 'guid' | 'build'>,
  { release }: Release,
): boolean {
  const row = reader.get(
    `SELECT 1 FROM releases AS begun JOIN releases AS live USING (guid)
     WHERE guid = ? AND begun.build = ? AND begun.target = 'aws' AND live.release = ?
     AND begun.release <> live.release AND begun.created_at > live.live_at`,
    build.guid,
    build.build,
    release,
  )
  return row !== undefined
}

/**
 * Finds what is to be served while no build runs: of the verified releases, and those of deployed builds, the one
 * that was live last.
 */
export function findStandingRelease(
  reader: Reader,
  guid: string,
  target: Release['target'],
): Release | undefined {
  const row = reader.get(
    `SELECT releases.* FROM releases JOIN builds USING (guid, build)
     WHERE guid = ? AND releases.target = ? AND releases.url IS NOT NULL
     AND (releases.verified = 1 OR builds.state = 'deployed')
     ORDER BY live_at DESC, release DESC LIMIT 1`,
    guid,
    target,
  )
  return row && releaseOf(row)
}

// A release that was removed keeps no address in the records, so that nothing serves, verifies or restores it. The
// journal keeps its address.

/** Forgets the old address of a site that was made anew: its releases in that account and region are gone. */
function forgetReleasesElsewhere(tx: Tx, guid: string, url: string): void {
  const place = "json_extract(remote, '$.account'), json_extract(remote, '$.region')"
  const gone = `SELECT release FROM releases WHERE guid = ? AND url <> ? AND (${place}) IN
    (SELECT ${place} FROM releases WHERE guid = ? AND url = ?)`
  forgetBuilds(tx, `guid = ? AND release IN (${gone})`, guid, guid, url, guid, url)
  tx.run(
    `UPDATE releases SET url = NULL, verified = 0, remote = NULL WHERE guid = ? AND release IN (${gone})`,
    guid,
    guid,
    url,
    guid,
    url,
  )
}

/**
 * Forgets what `deploy` put on `aws`, and with `ofAgentToo` what the agent deployed otherwise. Returns `false`
 * when the records named no such address.
 */
export function forgetRemoteReleases(tx: Tx, guid: string, ofAgentToo: boolean): boolean {
  const builds = forgetBuilds(
    tx,
    "guid = ? AND target = 'aws' AND url IS NOT NULL AND (? OR release IS NOT NULL)",
    guid,
    ofAgentToo ? 1 : 0,
  )
  const releases = tx.run(
    `UPDATE releases SET url = NULL, verified = 0, remote = NULL
     WHERE guid = ? AND target = 'aws' AND (url IS NOT NULL OR remote IS NOT NULL)`,
    guid,
  )
  return builds + releases > 0
}

const forgetBuilds = (tx: Tx, condition: string, ...values: (string | number)[]): number =>
  tx.run(
    `UPDATE builds SET url = NULL, release = NULL, verified = 0, proof = NULL WHERE ${condition}`,
    ...values,
  )
