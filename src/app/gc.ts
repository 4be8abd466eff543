import { rm } from 'node:fs/promises'
import { isFinal } from '../domain/build-state.ts'
import { parseDuration } from '../domain/duration.ts'
import { Interrupted, type TmuxBuilderError } from '../errors.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { isExpired } from '../session/health.ts'
import { withSessionLock } from '../session/locks.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { removeFoldersAside } from '../session/tidy.ts'
import { type Build, findLatestBuild, listLatestBuilds } from '../store/builds.ts'
import { deleteSession, findSession, listSessions } from '../store/sessions.ts'
import { archiveEnded } from './archive.ts'
import { destroyRemote, tellLeft } from './destroy.ts'
import { explainError } from './explain-error.ts'
import { type App, scopeIn } from './open-app.ts'
import { stopSession } from './stop.ts'
import { type Failure, tellFailures } from './tell-failures.ts'

export interface Collected {
  readonly archived: readonly string[]
  /** Sessions whose processes were ended because they are older than 5 days. */
  readonly expired: readonly string[]
  readonly purged: readonly string[]
  /** Sessions past their `--ttl` whose AWS resources were destroyed. */
  readonly destroyed: readonly string[]
  /** Tells of each session that could not be destroyed. */
  readonly failure: TmuxBuilderError | undefined
}

const defaultAge = '24h'

/**
 * Archives ended sessions that are older than that and ends the processes of expired ones; with `purge` it deletes
 * archived ones that are, with `remote` it destroys in AWS what is past its time.
 */
export async function gc(
  app: App,
  flags: { readonly olderThan?: string; readonly purge?: boolean; readonly remote?: boolean },
): Promise<Collected> {
  const ageMs = parseDuration(flags.olderThan ?? defaultAge, '--older-than')
  const { home, store, world } = app
  const isOld = (at: string | undefined) => at !== undefined && world.now() - Date.parse(at) > ageMs
  const builds = listLatestBuilds(store)
  const archived: string[] = []
  const expired: string[] = []
  const purged: string[] = []
  const remote =
    flags.remote === true ? await destroyDue(app) : { destroyed: [], failure: undefined }
  await removeFoldersAside(home, world.now())
  for (const session of listSessions(store)) {
    const scope = scopeIn(app, session.guid)
    const build = builds.get(session.guid)
    // It may have come to life again while its lock was waited for.
    const isAsItWas = (latest: Build | undefined) =>
      latest?.build === build?.build && (latest === undefined || isFinal(latest.state))
    if (session.archivedAt !== undefined) {
      // What is to be destroyed at its time is remembered until then.
      const isPurged =
        flags.purge === true && isOld(session.archivedAt) && session.destroyAt === undefined
      if (isPurged && (await purge(scope, session.archivedAt))) purged.push(session.guid)
    } else if (
      build === undefined ? isOld(session.updatedAt) : isFinal(build.state) && isOld(build.endedAt)
    ) {
      if (await archiveEnded(scope, isAsItWas)) archived.push(session.guid)
    } else if (isExpired(scope, session)) {
      if (await endExpired(scope)) expired.push(session.guid)
    }
  }
  return { archived, expired, purged, ...remote }
}

/** Destroys what is past its time, one session after the other; what one account lacks does not keep the others waiting. */
async function destroyDue(app: App): Promise<Pick<Collected, 'destroyed' | 'failure'>> {
  const { store, world } = app
  const destroyed: string[] = []
  const failures: Failure[] = []
  for (const { guid } of listSessions(store)) {
    // Each takes minutes: meanwhile another may have been given more time, or a new build.
    const isDue = () => {
      const { destroyAt } = findSession(store, guid) ?? {}
      const build = findLatestBuild(store, guid)
      const isAtRest = build === undefined || isFinal(build.state)
      return destroyAt !== undefined && Date.parse(destroyAt) <= world.now() && isAtRest
    }
    if (!isDue()) continue
    const fail = (error: TmuxBuilderError) => failures.push({ name: guid.slice(0, 12), error })
    try {
      const done = await destroyRemote(scopeIn(app, guid), {}, isDue)
      const left = done && tellLeft(done)
      if (left) fail(left)
      else if (done) destroyed.push(guid)
    } catch (error) {
      const told = error instanceof Interrupted ? undefined : explainError(error)
      if (!told) throw error
      fail(told)
    }
  }
  return {
    destroyed,
    failure: tellFailures(failures, 'sessions could not be destroyed', 'tmux-builder gc --remote'),
  }
}

/** `false`: a build runs in it, or it was made anew meanwhile. */
async function endExpired(scope: Scope): Promise<boolean> {
  await ensureSessionFolder(scope)
  return withSessionLock(scope, async (locked) => {
    const build = findLatestBuild(scope.store, scope.guid)
    if (build && !isFinal(build.state)) return false
    if (!isExpired(scope, requireSession(scope))) return false
    await stopSession(locked, 'too_old')
    return true
  })
}

/**
 * Deletes the session's folder, then its records: cut short, it can be done again. `false`: it came back to life
 * meanwhile, and stays.
 */
async function purge(scope: Scope, archivedAt: string): Promise<boolean> {
  await ensureSessionFolder(scope)
  return withSessionLock(scope, async () => {
    if (findSession(scope.store, scope.guid)?.archivedAt !== archivedAt) return false
    await rm(scope.paths.folder, { recursive: true, force: true })
    await scope.store.transact((tx) => deleteSession(tx, scope.guid))
    return true
  })
}
