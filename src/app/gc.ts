import { rm } from 'node:fs/promises'
import { isFinal } from '../domain/build-state.ts'
import { shortGuid } from '../domain/identity.ts'
import { Interrupted, type TmuxBuilderError } from '../errors.ts'
import { ensureSessionFolder } from '../session/folder.ts'
import { isExpired } from '../session/health.ts'
import { withSessionLock } from '../session/locks.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { removeFoldersAside } from '../session/tidy.ts'
import { type Build, findLatestBuild, listLatestBuilds } from '../store/builds.ts'
import { deleteSession, findSession, listSessions } from '../store/sessions.ts'
import { destroyRemote, failureOfLeft } from './destroy.ts'
import { explainError } from './explain-error.ts'
import { type Failure, joinFailures } from './join-failures.ts'
import { type App, scopeIn } from './open-app.ts'
import { archiveEnded, stopSession } from './stop-and-archive.ts'

export interface Collected {
  readonly archived: readonly string[]
  /** Sessions whose processes were ended because they are older than 5 days. */
  readonly expired: readonly string[]
  readonly purged: readonly string[]
  /** Sessions past their `--ttl` whose AWS resources were destroyed. */
  readonly destroyed: readonly string[]
  /** Names each session whose AWS resources could not be destroyed. */
  readonly failure: TmuxBuilderError | undefined
}

const defaultAgeMs = 24 * 60 * 60_000

export interface GcInput {
  /** How long ago a session must have ended. Default: 24 hours. */
  readonly olderThanMs?: number | undefined
  /** Whether archived sessions of that age are deleted. */
  readonly purge?: boolean | undefined
  /** Whether AWS resources past their time are destroyed. */
  readonly remote?: boolean | undefined
}

/** Archives sessions that ended long ago, ends expired ones, and does what else the input asks for. */
export async function gc(app: App, input: GcInput): Promise<Collected> {
  const ageMs = input.olderThanMs ?? defaultAgeMs
  const { home, store, world } = app
  const isOld = (at: string | undefined) => at !== undefined && world.now() - Date.parse(at) > ageMs
  const builds = listLatestBuilds(store)
  const archived: string[] = []
  const expired: string[] = []
  const purged: string[] = []
  const remote =
    input.remote === true ? await destroyDue(app) : { destroyed: [], failure: undefined }
  await removeFoldersAside(home, world.now())
  for (const session of listSessions(store)) {
    const scope = scopeIn(app, session.guid)
    const build = builds.get(session.guid)
    // A build may have started while this waited for the session's lock.
    const isUnchanged = (latest: Build | undefined) =>
      latest?.build === build?.build && (latest === undefined || isFinal(latest.state))
    if (session.archivedAt !== undefined) {
      // The record stays until the AWS resources have been destroyed at their time.
      const isPurged =
        input.purge === true && isOld(session.archivedAt) && session.destroyAt === undefined
      if (isPurged && (await purge(scope, session.archivedAt))) purged.push(session.guid)
    } else if (
      build === undefined ? isOld(session.updatedAt) : isFinal(build.state) && isOld(build.endedAt)
    ) {
      if (await archiveEnded(scope, isUnchanged)) archived.push(session.guid)
    } else if (isExpired(scope, session)) {
      if (await endExpired(scope)) expired.push(session.guid)
    }
  }
  return { archived, expired, purged, ...remote }
}

/** No profile and no region is chosen, so the places come from the records. */
const asRecorded = { profile: undefined, region: undefined }

/** Destroys what is past its time, session by session. A failure in one account does not stop the others. */
async function destroyDue(app: App): Promise<Pick<Collected, 'destroyed' | 'failure'>> {
  const { store, world } = app
  const destroyed: string[] = []
  const failures: Failure[] = []
  for (const { guid } of listSessions(store)) {
    // Checked again each time: a destruction takes minutes, and meanwhile a session may get more time or a build.
    const isDue = () => {
      const { destroyAt } = findSession(store, guid) ?? {}
      const build = findLatestBuild(store, guid)
      const isAtRest = build === undefined || isFinal(build.state)
      return destroyAt !== undefined && Date.parse(destroyAt) <= world.now() && isAtRest
    }
    if (!isDue()) continue
    const fail = (error: TmuxBuilderError) => failures.push({ name: shortGuid(guid), error })
    try {
      const done = await destroyRemote(scopeIn(app, guid), { given: asRecorded }, isDue)
      const left = done && failureOfLeft(done)
      if (left) fail(left)
      else if (done) destroyed.push(guid)
    } catch (error) {
      const explained = error instanceof Interrupted ? undefined : explainError(error)
      if (!explained) throw error
      fail(explained)
    }
  }
  return {
    destroyed,
    failure: joinFailures(failures, 'sessions could not be destroyed', 'tmux-builder gc --remote'),
  }
}

/** Returns `false` when a build runs in the session, or when its tmux session was recreated meanwhile. */
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
 * Deletes the session's folder first and its records last, so that an interrupted purge can be repeated. Returns
 * `false` when the session was restored meanwhile: then it stays.
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
