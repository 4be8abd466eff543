import type { EventFields } from '../domain/journal.ts'
import type { Tx } from './database.ts'
import { appendEvent } from './events.ts'
import { type Release, recordReleaseVerified } from './releases.ts'
import { updateSession } from './sessions.ts'

/** A rollback begins, before anything is switched: from now on its release is the one that is to be live. */
export function recordRollingBack(tx: Tx, release: Release, from: number | null): void {
  updateSession(tx, release.guid, { rollback: { release: release.release, from } })
  setLiveNow(tx, release)
  appendEvent(tx, release, 'rolling_back', fieldsOf(release, from))
}

/** Nothing was switched: what was live before still is. */
export function recordNotBegun(tx: Tx, { guid, target }: Release, from: number | null): void {
  updateSession(tx, guid, { rollback: null })
  if (from !== null) setLiveNow(tx, { guid, release: from })
  appendEvent(tx, { guid }, 'release_switched', { target, release: from })
}

/** Of the verified releases the one that was live last is the one that stands. */
function setLiveNow(tx: Tx, { guid, release }: Pick<Release, 'guid' | 'release'>): void {
  tx.run(
    'UPDATE releases SET live_at = ? WHERE guid = ? AND release = ?',
    new Date().toISOString(),
    guid,
    release,
  )
}

/** It is live and was verified. */
export function recordRolledBack(tx: Tx, release: Release, from: number | null): void {
  recordReleaseVerified(tx, release.guid, release.release)
  updateSession(tx, release.guid, { rollback: null })
  appendEvent(tx, release, 'rolled_back', fieldsOf(release, from))
}

/** It does not verify, and what was live before is live again where that is any better. */
export function recordNotRolledBack(
  tx: Tx,
  release: Release,
  seen: EventFields['verify_failed'],
): void {
  updateSession(tx, release.guid, { rollback: null })
  appendEvent(tx, release, 'verify_failed', seen)
}

const fieldsOf = ({ target, url = '', release }: Release, from: number | null) => ({
  target,
  url,
  release,
  from,
})
