import type { Store } from './database.ts'

// No address is told any more of what is at none. The journal keeps what was.

/** The site was made anew, at another address: what was put there before, in that account and region, is at none. */
export function forgetReleasesElsewhere(store: Store, guid: string, url: string): void {
  const place = "json_extract(remote, '$.account'), json_extract(remote, '$.region')"
  const old = store.all(
    `SELECT DISTINCT url FROM releases WHERE guid = ? AND url <> ? AND (${place}) IN
       (SELECT ${place} FROM releases WHERE guid = ? AND url = ?)`,
    guid,
    url,
    guid,
    url,
  )
  for (const { url: gone = null } of old) {
    store.run(
      "UPDATE builds SET url = NULL, verified = 0, proof = NULL WHERE guid = ? AND instr(url, rtrim(?, '/')) = 1",
      guid,
      gone,
    )
    store.run(
      'UPDATE releases SET url = NULL, verified = 0, remote = NULL WHERE guid = ? AND url = ?',
      guid,
      gone,
    )
  }
}

/**
 * What `deploy` put on `aws` is there no more; with `ofAgentToo` nor is what the agent deployed otherwise. `false`: no
 * address of it was told.
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
