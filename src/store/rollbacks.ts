import type { EventFields } from '../domain/journal.ts'
import type { Tx } from './database.ts'
import { appendEvent } from './events.ts'
import { type Release, recordReleaseVerified } from './releases.ts'
import { updateSession } from './sessions.ts'

/** Records that a rollback begins, before anything is switched: its release is the one that has to be live. */
export function recordRollingBack(tx: Tx, release: Release, from: number | null): void {
  updateSession(tx, release.guid, { rollback: { release: release.release, from } })
  setLiveNow(tx, release)
  appendEvent(tx, release, 'rolling_back', fieldsOf(release, from))
}

/** Records that nothing was switched, so that what was live before still is. */
export function recordNotBegun(tx: Tx, { guid, target }: Release, from: number | null): void {
  updateSession(tx, guid, { rollback: null })
  if (from !== null) setLiveNow(tx, { guid, release: from })
  appendEvent(tx, { guid }, 'release_switched', { target, release: from })
}

/** Makes the release the standing one, which is the verified one that was live last. */
function setLiveNow(tx: Tx, { guid, release }: Pick<Release, 'guid' | 'release'>): void {
  tx.run(
    'UPDATE releases SET live_at = ? WHERE guid = ? AND release = ?',
    new Date().toISOString(),
    guid,
    release,
  )
}

/** Records that the release of a rollback is live and verified. */
export function recordRolledBack(tx: Tx, release: Release, from: number | null): void {
  recordReleaseVerified(tx, release.guid, release.release)
  updateSession(tx, release.guid, { rollback: null })
  appendEvent(tx, release, 'rolled_back', fieldsOf(release, from))
}

/** Records that the release of a rollback could not be verified. */
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
