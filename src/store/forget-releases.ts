import type { Tx } from './database.ts'

// A release that was removed keeps no address in the records, so that nothing serves, verifies or restores it. The
// journal keeps its address.

/** Forgets the old address of a site that was made anew: its releases in that account and region are gone. */
export function forgetReleasesElsewhere(tx: Tx, guid: string, url: string): void {
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
