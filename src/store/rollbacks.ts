import type { EventFields } from '../domain/journal.ts'
import type { Store } from './database.ts'
import { appendEvent } from './events.ts'
import type { Release } from './releases.ts'
import { updateSession } from './sessions.ts'

/** A rollback begins: from now on its release is the one that is to be live. Before anything is switched. */
export function recordRollingBack(store: Store, release: Release, from: number | null): void {
  store.transact(() => {
    updateSession(store, release.guid, { rollback: { release: release.release, from } })
    setLiveNow(store, release)
    appendEvent(store, release, 'rolling_back', fieldsOf(release, from))
  })
}

/** Nothing was switched: what was live before is so still. */
export function recordNotBegun(store: Store, { guid, target }: Release, from: number | null): void {
  store.transact(() => {
    updateSession(store, guid, { rollback: null })
    if (from !== null) setLiveNow(store, { guid, release: from })
    appendEvent(store, { guid }, 'release_switched', { target, release: from })
  })
}

/** Of the verified releases the one that was live last is the one that stands. */
function setLiveNow(store: Store, { guid, release }: Pick<Release, 'guid' | 'release'>): void {
  store.run(
    'UPDATE releases SET live_at = ? WHERE guid = ? AND release = ?',
    new Date().toISOString(),
    guid,
    release,
  )
}

/** It is live and was verified. */
export function recordRolledBack(store: Store, release: Release, from: number | null): void {
  store.transact(() => {
    store.run(
      'UPDATE releases SET verified = 1 WHERE guid = ? AND release = ?',
      release.guid,
      release.release,
    )
    updateSession(store, release.guid, { rollback: null })
    appendEvent(store, release, 'rolled_back', fieldsOf(release, from))
  })
}

/** It does not verify, and what was live before is so again where that is any better. */
export function recordNotRolledBack(
  store: Store,
  release: Release,
  seen: EventFields['verify_failed'],
): void {
  store.transact(() => {
    updateSession(store, release.guid, { rollback: null })
    appendEvent(store, release, 'verify_failed', seen)
  })
}

const fieldsOf = ({ target, url = '', release }: Release, from: number | null) => ({
  target,
  url,
  release,
  from,
})
