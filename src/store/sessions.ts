import type { Identity } from '../domain/identity.ts'
import type { ProcessId } from '../domain/process-id.ts'
import type { Row, SqlValue, Store } from './database.ts'
import { appendEvent } from './events.ts'

/** A rollback that has begun and was neither done nor taken back: cut short, it is gone on with. */
export interface Rollback {
  readonly release: number
  /** What was live before. */
  readonly from: number | null
}

export interface Session {
  readonly guid: string
  readonly identity: Identity
  readonly createdAt: string
  readonly updatedAt: string
  readonly archivedAt: string | undefined
  readonly lastBuild: number
  /** The tmux server's socket, once a tmux session was made. */
  readonly tmuxSocket: string | undefined
  /** When its tmux session was made; `undefined`: it has none that we know of. */
  readonly tmuxCreatedAt: string | undefined
  readonly agent: string | undefined
  /** The agent program's own id of its conversation, and whether a prompt of ours was accepted in it. */
  readonly conversation: string | undefined
  readonly conversationUsed: boolean
  readonly agentProcess: ProcessId | undefined
  readonly supervisorProcess: ProcessId | undefined
  readonly previewProcess: ProcessId | undefined
  readonly previewPort: number | undefined
  readonly liveRelease: number | undefined
  /** The release that is live on the `aws` target. */
  readonly remoteRelease: number | undefined
  readonly rollback: Rollback | undefined
  /** When all that it made in a cloud is to be destroyed. */
  readonly destroyAt: string | undefined
  /** What the agent's accounting said at the last look. */
  readonly usageSeen: { readonly dollars: number; readonly tokens: number }
}

const text = (value: SqlValue | undefined) => (value == null ? undefined : String(value))
const integer = (value: SqlValue | undefined) => (value == null ? undefined : Number(value))
const processOf = (value: SqlValue | undefined) =>
  value == null ? undefined : (JSON.parse(String(value)) as ProcessId)

function sessionOf(row: Row): Session {
  return {
    guid: String(row.guid),
    identity: { email: String(row.email), phone: String(row.phone), project: text(row.project) },
    createdAt: String(row.created_at),
    updatedAt: String(row.updated_at),
    archivedAt: text(row.archived_at),
    lastBuild: Number(row.last_build),
    tmuxSocket: text(row.tmux_socket),
    tmuxCreatedAt: text(row.tmux_created_at),
    agent: text(row.agent),
    conversation: text(row.conversation),
    conversationUsed: row.conversation_used === 1,
    agentProcess: processOf(row.agent_process),
    supervisorProcess: processOf(row.supervisor_process),
    previewProcess: processOf(row.preview_process),
    previewPort: integer(row.preview_port),
    liveRelease: integer(row.live_release),
    remoteRelease: integer(row.remote_release),
    rollback: row.rollback == null ? undefined : JSON.parse(String(row.rollback)),
    destroyAt: text(row.destroy_at),
    usageSeen:
      row.usage_seen == null ? { dollars: 0, tokens: 0 } : JSON.parse(String(row.usage_seen)),
  }
}

export function findSession(store: Store, guid: string): Session | undefined {
  const row = store.get('SELECT * FROM sessions WHERE guid = ?', guid)
  return row && sessionOf(row)
}

/** Active ones first, then archived ones; within each the newest change first. */
export function listSessions(store: Store): Session[] {
  return store
    .all('SELECT * FROM sessions ORDER BY archived_at IS NOT NULL, updated_at DESC')
    .map(sessionOf)
}

/** Sessions whose GUID begins with the prefix: the active ones, or where there are none the archived ones. */
export function findSessionsByPrefix(store: Store, prefix: string): Session[] {
  const found = store
    .all('SELECT * FROM sessions WHERE guid >= ? AND guid < ? ORDER BY guid', prefix, `${prefix}g`)
    .map(sessionOf)
  const active = found.filter((session) => session.archivedAt === undefined)
  return active.length > 0 ? active : found
}

/** Makes the session's record where there is none. */
export function ensureSession(store: Store, guid: string, identity: Identity): void {
  const now = new Date().toISOString()
  store.run(
    `INSERT INTO sessions (guid, email, phone, project, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (guid) DO NOTHING`,
    guid,
    identity.email,
    identity.phone,
    identity.project ?? null,
    now,
    now,
  )
}

export function archiveSession(store: Store, guid: string): void {
  store.transact(() => {
    const now = new Date().toISOString()
    const changed = store.run(
      'UPDATE sessions SET archived_at = ? WHERE guid = ? AND archived_at IS NULL',
      now,
      guid,
    )
    if (changed) appendEvent(store, { guid }, 'archived', {})
  })
}

export function restoreSession(store: Store, guid: string): void {
  store.transact(() => {
    const changed = store.run(
      'UPDATE sessions SET archived_at = NULL WHERE guid = ? AND archived_at IS NOT NULL',
      guid,
    )
    if (changed) appendEvent(store, { guid }, 'restored', {})
  })
}

/** Forgets the session and all that belongs to it. */
export function deleteSession(store: Store, guid: string): void {
  store.transact(() => {
    for (const table of [
      'events',
      'deliveries',
      'questions',
      'releases',
      'attempts',
      'builds',
      'sessions',
    ])
      store.run(`DELETE FROM ${table} WHERE guid = ?`, guid)
  })
}

/** What we know of the session's processes and places; only the fields given are changed. */
export interface SessionChange {
  readonly tmuxSocket?: string | null
  readonly tmuxCreatedAt?: string | null
  readonly agent?: string
  readonly conversation?: string | null
  readonly conversationUsed?: boolean
  readonly agentProcess?: ProcessId | null
  readonly supervisorProcess?: ProcessId | null
  readonly previewProcess?: ProcessId | null
  readonly previewPort?: number
  readonly liveRelease?: number | null
  readonly remoteRelease?: number | null
  readonly rollback?: Rollback | null
  readonly destroyAt?: string | null
  readonly usageSeen?: Session['usageSeen'] | null
}

const columns: Readonly<Record<keyof SessionChange, string>> = {
  tmuxSocket: 'tmux_socket',
  tmuxCreatedAt: 'tmux_created_at',
  agent: 'agent',
  conversation: 'conversation',
  conversationUsed: 'conversation_used',
  agentProcess: 'agent_process',
  supervisorProcess: 'supervisor_process',
  previewProcess: 'preview_process',
  previewPort: 'preview_port',
  liveRelease: 'live_release',
  remoteRelease: 'remote_release',
  rollback: 'rollback',
  destroyAt: 'destroy_at',
  usageSeen: 'usage_seen',
}

export function updateSession(store: Store, guid: string, change: SessionChange): void {
  const names = Object.keys(change) as (keyof SessionChange)[]
  store.run(
    `UPDATE sessions SET ${names.map((name) => `${columns[name]} = ?`).join(', ')} WHERE guid = ?`,
    ...names.map((name) => sqlValueOf(change[name])),
    guid,
  )
}

/** Objects become JSON, flags 0 or 1. */
export function sqlValueOf(value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'object') return JSON.stringify(value)
  return value as string | number
}
