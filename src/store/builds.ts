import type { BuildPlace, BuildSettings, Proof } from '../domain/build-settings.ts'
import { type BuildState, isFinal } from '../domain/build-state.ts'
import type { EventFields } from '../domain/journal.ts'
import type { Report } from '../domain/report.ts'
import type { Row, Store } from './database.ts'
import { appendEvent } from './events.ts'
import { sqlValueOf } from './sessions.ts'

export interface Build {
  readonly guid: string
  readonly build: number
  readonly command: 'register' | 'refine'
  readonly requestHash: string
  /** Relative to the session's folder. */
  readonly requestFile: string
  readonly agent: string
  readonly agentOptions: Readonly<Record<string, string>>
  readonly target: 'aws' | 'local'
  readonly settings: BuildSettings
  /** Where it deploys on `aws`; a local build has none. */
  readonly place: BuildPlace | undefined
  readonly state: BuildState
  readonly reason: string | undefined
  readonly attempt: number
  readonly phase: number
  readonly progress: number
  readonly message: string
  readonly report: Report | undefined
  /** The state to go back to when the last open question is answered. */
  readonly beforeQuestion: BuildState | undefined
  readonly url: string | undefined
  readonly verified: boolean
  /** What was shown of an address on `aws`. */
  readonly proof: Proof | undefined
  readonly warnings: readonly string[]
  /** Time with a supervisor present and no question open. */
  readonly clockMs: number
  /** The same for the current attempt. */
  readonly attemptClockMs: number
  /** A pause between attempts, or a usage limit: nothing is done before that time. */
  readonly waitUntil: string | undefined
  /** What the agent's own accounting says of this build. */
  readonly dollars: number
  readonly tokens: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly endedAt: string | undefined
}

function buildOf(row: Row): Build {
  return {
    guid: String(row.guid),
    build: Number(row.build),
    command: row.command as Build['command'],
    requestHash: String(row.request_hash),
    requestFile: String(row.request_file),
    agent: String(row.agent),
    agentOptions: JSON.parse(String(row.agent_options)),
    target: row.target as Build['target'],
    settings: JSON.parse(String(row.settings)),
    place: row.place === null ? undefined : JSON.parse(String(row.place)),
    state: row.state as BuildState,
    reason: row.reason === null ? undefined : String(row.reason),
    attempt: Number(row.attempt),
    phase: Number(row.phase),
    progress: Number(row.progress),
    message: String(row.message),
    report: row.report === null ? undefined : JSON.parse(String(row.report)),
    beforeQuestion: row.before_question === null ? undefined : (row.before_question as BuildState),
    url: row.url === null ? undefined : String(row.url),
    verified: row.verified === 1,
    proof: row.proof === null ? undefined : (row.proof as Proof),
    warnings: JSON.parse(String(row.warnings)),
    clockMs: Number(row.clock_ms),
    attemptClockMs: Number(row.attempt_clock_ms),
    waitUntil: row.wait_until === null ? undefined : String(row.wait_until),
    dollars: Number(row.dollars),
    tokens: Number(row.tokens),
    createdAt: String(row.created_at),
    updatedAt: String(row.updated_at),
    endedAt: row.ended_at === null ? undefined : String(row.ended_at),
  }
}

export function findBuild(store: Store, guid: string, build: number): Build | undefined {
  const row = store.get('SELECT * FROM builds WHERE guid = ? AND build = ?', guid, build)
  return row && buildOf(row)
}

/** For a build that must have a record. */
export function requireBuild(store: Store, guid: string, build: number): Build {
  const found = findBuild(store, guid, build)
  if (!found) throw new Error(`build ${build} of ${guid} has no record`)
  return found
}

export function findLatestBuild(store: Store, guid: string): Build | undefined {
  const row = store.get('SELECT * FROM builds WHERE guid = ? ORDER BY build DESC LIMIT 1', guid)
  return row && buildOf(row)
}

/** Oldest first. */
export function listBuilds(store: Store, guid: string): Build[] {
  return store.all('SELECT * FROM builds WHERE guid = ? ORDER BY build', guid).map(buildOf)
}

/** The latest build of every session, by GUID. */
export function listLatestBuilds(store: Store): Map<string, Build> {
  const rows = store.all(
    'SELECT builds.* FROM sessions JOIN builds ON builds.guid = sessions.guid AND builds.build = sessions.last_build',
  )
  return new Map(rows.map((row) => [String(row.guid), buildOf(row)]))
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
export function createBuild(store: Store, build: NewBuild): number {
  return store.transact(() => {
    const row = store.get(
      'UPDATE sessions SET last_build = last_build + 1 WHERE guid = ? RETURNING last_build',
      build.guid,
    )
    const number = Number(row?.last_build)
    const now = new Date().toISOString()
    store.run(
      `INSERT INTO builds (guid, build, command, request_hash, request_file, agent, agent_options, target, settings, place, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      build.guid,
      number,
      build.command,
      build.requestHash,
      build.requestFile,
      build.agent,
      JSON.stringify(build.agentOptions),
      build.target,
      JSON.stringify(build.settings),
      build.place === undefined ? null : JSON.stringify(build.place),
      now,
      now,
    )
    appendEvent(store, { guid: build.guid, build: number }, 'registered', {
      command: build.command,
      agent: build.agent,
      target: build.target,
      request_sha256: build.requestHash,
      request_bytes: build.requestBytes,
    })
    return number
  })
}

export interface BuildChange {
  readonly state?: BuildState
  readonly reason?: string | null
  readonly attempt?: number
  readonly phase?: number
  readonly progress?: number
  readonly message?: string
  readonly report?: Report | null
  readonly beforeQuestion?: BuildState | null
  readonly url?: string | null
  readonly verified?: boolean
  readonly proof?: Proof | null
  readonly warnings?: readonly string[]
  readonly clockMs?: number
  readonly attemptClockMs?: number
  readonly waitUntil?: string | null
  readonly dollars?: number
  readonly tokens?: number
}

const columns: Readonly<Record<keyof BuildChange, string>> = {
  state: 'state',
  reason: 'reason',
  attempt: 'attempt',
  phase: 'phase',
  progress: 'progress',
  message: 'message',
  report: 'report',
  beforeQuestion: 'before_question',
  url: 'url',
  verified: 'verified',
  proof: 'proof',
  warnings: 'warnings',
  clockMs: 'clock_ms',
  attemptClockMs: 'attempt_clock_ms',
  waitUntil: 'wait_until',
  dollars: 'dollars',
  tokens: 'tokens',
}

/**
 * Changes a build that has not ended; `false`, and nothing changed, when it has: whoever was first to end it wins.
 * A final state also sets its end.
 */
export function updateBuild(
  store: Store,
  guid: string,
  build: number,
  change: BuildChange,
): boolean {
  const now = new Date().toISOString()
  const names = Object.keys(change) as (keyof BuildChange)[]
  const endedAt = change.state !== undefined && isFinal(change.state) ? now : null
  return (
    store.run(
      `UPDATE builds SET ${names.map((name) => `${columns[name]} = ?, `).join('')}updated_at = ?, ended_at = ?
       WHERE guid = ? AND build = ? AND ended_at IS NULL`,
      ...names.map((name) => sqlValueOf(change[name])),
      now,
      endedAt,
      guid,
      build,
    ) > 0
  )
}

/** The address was looked at again after the build's end: told where that says something new. */
export function recordReverified(store: Store, build: Build, warnings: readonly string[]): void {
  if (build.verified && JSON.stringify(build.warnings) === JSON.stringify(warnings)) return
  store.transact(() => {
    store.run(
      'UPDATE builds SET verified = 1, warnings = ? WHERE guid = ? AND build = ?',
      JSON.stringify(warnings),
      build.guid,
      build.build,
    )
    const { url = '', proof = null } = build
    appendEvent(store, build, 'verified', { url, warnings, proof })
  })
}

/** A stopped build goes on with its next attempt; `false`: it is not stopped (any more). */
export function continueStopped(store: Store, build: Pick<Build, 'guid' | 'build'>): boolean {
  return (
    store.run(
      `UPDATE builds SET state = 'retrying', reason = NULL, exit_code = NULL, ended_at = NULL, wait_until = NULL, updated_at = ?
       WHERE guid = ? AND build = ? AND state = 'stopped'`,
      new Date().toISOString(),
      build.guid,
      build.build,
    ) > 0
  )
}

/** Ends a build that has not ended, with its event; `false`: somebody else ended it before. */
export function endBuild<Type extends 'deployed' | 'failed' | 'stopped'>(
  store: Store,
  build: Pick<Build, 'guid' | 'build' | 'attempt'>,
  type: Type,
  change: BuildChange,
  fields: EventFields[Type],
): boolean {
  return store.transact(() => {
    if (!updateBuild(store, build.guid, build.build, { ...change, state: type })) return false
    store.run(
      'UPDATE attempts SET ended_at = ?, reason = coalesce(reason, ?) WHERE guid = ? AND build = ? AND ended_at IS NULL',
      new Date().toISOString(),
      type,
      build.guid,
      build.build,
    )
    appendEvent(store, build, type, fields)
    return true
  })
}
