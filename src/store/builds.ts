import type { BuildPlace, BuildSettings, Proof } from '../domain/build-settings.ts'
import { type BuildState, isFinal } from '../domain/build-state.ts'
import type { EventFields } from '../domain/journal.ts'
import type { Report } from '../domain/report.ts'
import { type ChangeOf, column, decode, insertRow, type RecordOf, updateRows } from './codec.ts'
import type { Reader, Store, Tx } from './database.ts'
import { appendEvent } from './events.ts'

const columns = {
  guid: column.text(),
  build: column.number,
  command: column.text<'register' | 'refine'>(),
  requestHash: column.text(),
  /** Relative to the session's folder. */
  requestFile: column.text(),
  agent: column.text(),
  agentOptions: column.json<Readonly<Record<string, string>>>(),
  target: column.text<'aws' | 'local'>(),
  settings: column.json<BuildSettings>(),
  /** Where the build deploys on `aws`. A local build has no place. */
  place: column.optional(column.json<BuildPlace>()),
  state: column.text<BuildState>(),
  reason: column.optional(column.text()),
  attempt: column.number,
  phase: column.number,
  progress: column.number,
  message: column.text(),
  report: column.optional(column.json<Report>()),
  /** The state to go back to when the last open question is answered. */
  beforeQuestion: column.optional(column.text<BuildState>()),
  url: column.optional(column.text()),
  /** The release at that address; `undefined` when the agent deployed without `deploy`. */
  release: column.optional(column.number),
  verified: column.flag,
  /** How much was shown of an address on `aws`. */
  proof: column.optional(column.text<Proof>()),
  warnings: column.json<readonly string[]>(),
  /** Time with a supervisor present and no question open. */
  clockMs: column.number,
  /** The same for the current attempt. */
  attemptClockMs: column.number,
  /** Nothing is done before that time, because of a pause between attempts or a usage limit. */
  waitUntil: column.optional(column.text()),
  /** The cost of this build by the agent's own accounting. */
  dollars: column.number,
  tokens: column.number,
  createdAt: column.text(),
  updatedAt: column.text(),
  endedAt: column.optional(column.text()),
}

export type Build = RecordOf<typeof columns>

/** Names one build of a session. */
export type BuildKey = Pick<Build, 'guid' | 'build'>

export function findBuild(reader: Reader, guid: string, build: number): Build | undefined {
  const row = reader.get('SELECT * FROM builds WHERE guid = ? AND build = ?', guid, build)
  return row && decode(columns, row)
}

/** Finds a build that must have a record. */
export function requireBuild(reader: Reader, guid: string, build: number): Build {
  const found = findBuild(reader, guid, build)
  if (!found) throw new Error(`build ${build} of ${guid} has no record`)
  return found
}

export function findLatestBuild(reader: Reader, guid: string): Build | undefined {
  const row = reader.get('SELECT * FROM builds WHERE guid = ? ORDER BY build DESC LIMIT 1', guid)
  return row && decode(columns, row)
}

/** Lists the builds of a session, oldest first. */
export function listBuilds(reader: Reader, guid: string): Build[] {
  const rows = reader.all('SELECT * FROM builds WHERE guid = ? ORDER BY build', guid)
  return rows.map((row) => decode(columns, row))
}

/** Maps each GUID to the latest build of its session. */
export function listLatestBuilds(reader: Reader): Map<string, Build> {
  const rows = reader.all(
    'SELECT builds.* FROM sessions JOIN builds ON builds.guid = sessions.guid AND builds.build = sessions.last_build',
  )
  return new Map(rows.map((row) => [String(row.guid), decode(columns, row)]))
}

export type NewBuild = Pick<
  Build,
  | 'guid'
  | 'command'
  | 'requestHash'
  | 'requestFile'
  | 'agent'
  | 'agentOptions'
  | 'target'
  | 'settings'
  | 'place'
> & { readonly requestBytes: number }

/** Records a pending build with the session's next number, and its `registered` event. */
export function createBuild(tx: Tx, { requestBytes, ...build }: NewBuild): number {
  const row = tx.get(
    'UPDATE sessions SET last_build = last_build + 1 WHERE guid = ? RETURNING last_build',
    build.guid,
  )
  const number = Number(row?.last_build)
  const now = new Date().toISOString()
  insertRow(tx, 'builds', { ...build, build: number, createdAt: now, updatedAt: now })
  appendEvent(tx, { guid: build.guid, build: number }, 'registered', {
    command: build.command,
    agent: build.agent,
    target: build.target,
    request_sha256: build.requestHash,
    request_bytes: requestBytes,
  })
  return number
}

export type BuildChange = ChangeOf<
  Omit<Build, keyof NewBuild | 'build' | 'createdAt' | 'updatedAt' | 'endedAt'>
>

/**
 * Runs `act` in one transaction with the build as it is by then. A build that has ended meanwhile stays as it is:
 * `act` does not run, and the promise resolves to `undefined`.
 */
export const whileRunning = <T>(
  store: Store,
  { guid, build }: BuildKey,
  act: (tx: Tx, now: Build) => T,
): Promise<T | undefined> =>
  store.transact((tx) => {
    const now = requireBuild(tx, guid, build)
    return now.endedAt === undefined ? act(tx, now) : undefined
  })

/** Changes a build, and returns `false` without a change when it has ended. A final state also sets its end. */
export function updateBuild(tx: Tx, { guid, build }: BuildKey, change: BuildChange): boolean {
  const now = new Date().toISOString()
  const endedAt = change.state !== undefined && isFinal(change.state) ? now : null
  const changed = updateRows(
    tx,
    'builds',
    { ...change, updatedAt: now, endedAt },
    'guid = ? AND build = ? AND ended_at IS NULL',
    guid,
    build,
  )
  return changed > 0
}

/** Records that the address was verified again after the build's end, if that says something new. */
export function recordReverified(tx: Tx, build: Build, warnings: readonly string[]): void {
  if (build.verified && JSON.stringify(build.warnings) === JSON.stringify(warnings)) return
  const { guid, build: number, url = '', proof = null } = build
  updateRows(tx, 'builds', { verified: true, warnings }, 'guid = ? AND build = ?', guid, number)
  appendEvent(tx, build, 'verified', { url, warnings, proof })
}

/** Lets a stopped build go on with its next attempt; returns `false` when it is not stopped any more. */
export function continueStopped(tx: Tx, { guid, build }: BuildKey): boolean {
  const change = {
    state: 'retrying',
    reason: null,
    endedAt: null,
    waitUntil: null,
    updatedAt: new Date().toISOString(),
  }
  const where = "guid = ? AND build = ? AND state = 'stopped'"
  return updateRows(tx, 'builds', change, where, guid, build) > 0
}

/** Ends a build with its event. The first to end it wins, and for all others this returns `false`. */
export function endBuild<Type extends 'deployed' | 'failed' | 'stopped'>(
  tx: Tx,
  build: BuildKey & Pick<Build, 'attempt'>,
  type: Type,
  change: BuildChange,
  fields: EventFields[Type],
): boolean {
  if (!updateBuild(tx, build, { ...change, state: type })) return false
  tx.run(
    'UPDATE attempts SET ended_at = ?, reason = coalesce(reason, ?) WHERE guid = ? AND build = ? AND ended_at IS NULL',
    new Date().toISOString(),
    type,
    build.guid,
    build.build,
  )
  appendEvent(tx, build, type, fields)
  return true
}
