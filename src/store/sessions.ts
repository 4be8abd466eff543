import type { Identity } from '../domain/identity.ts'
import type { ProcessId } from '../domain/process-id.ts'
import { type ChangeOf, column, decode, type RecordOf, updateRows } from './codec.ts'
import type { Reader, Row, Tx } from './database.ts'
import { appendEvent } from './events.ts'

/** A rollback that has begun and has not ended. If it was interrupted, the next one continues it. */
export interface Rollback {
  readonly release: number
  /** The release that was live before. */
  readonly from: number | null
}

const process = column.optional(column.json<ProcessId>())

/** The columns that change during the life of a session. */
const changeable = {
  /** The tmux server's socket, once a tmux session was made. */
  tmuxSocket: column.optional(column.text()),
  /** When its tmux session was made; `undefined` when none is known. */
  tmuxCreatedAt: column.optional(column.text()),
  agent: column.optional(column.text()),
  /** The id of the conversation in the agent's program, and whether it has accepted a prompt. */
  conversation: column.optional(column.text()),
  conversationUsed: column.flag,
  agentProcess: process,
  supervisorProcess: process,
  /** The version of the schema that the supervisor knows. One of another version is ended and started again. */
  supervisorFormat: column.optional(column.number),
  previewProcess: process,
  previewPort: column.optional(column.number),
  liveRelease: column.optional(column.number),
  /** The release that is live on the `aws` target. */
  remoteRelease: column.optional(column.number),
  rollback: column.optional(column.json<Rollback>()),
  /** When `gc --remote` destroys what the session made in AWS. */
  destroyAt: column.optional(column.text()),
  /** The agent's own accounting at the last look. */
  usageSeen: column.optional(column.json<{ readonly dollars: number; readonly tokens: number }>()),
}

const columns = {
  guid: column.text(),
  createdAt: column.text(),
  updatedAt: column.text(),
  archivedAt: column.optional(column.text()),
  lastBuild: column.number,
  ...changeable,
}

const identityColumns = {
  email: column.text(),
  phone: column.text(),
  project: column.optional(column.text()),
}

export interface Session extends RecordOf<typeof columns> {
  readonly identity: Identity
}

const sessionOf = (row: Row): Session => ({
  ...decode(columns, row),
  identity: decode(identityColumns, row),
})

export function findSession(reader: Reader, guid: string): Session | undefined {
  const row = reader.get('SELECT * FROM sessions WHERE guid = ?', guid)
  return row && sessionOf(row)
}

/** Lists the active sessions, then the archived ones, each with the newest change first. */
export function listSessions(reader: Reader): Session[] {
  return reader
    .all('SELECT * FROM sessions ORDER BY archived_at IS NOT NULL, updated_at DESC')
    .map(sessionOf)
}

/** Finds the active sessions whose GUID begins with the prefix, or the archived ones where none is active. */
export function findSessionsByPrefix(reader: Reader, prefix: string): Session[] {
  const found = reader
    .all('SELECT * FROM sessions WHERE guid >= ? AND guid < ? ORDER BY guid', prefix, `${prefix}g`)
    .map(sessionOf)
  const active = found.filter((session) => session.archivedAt === undefined)
  return active.length > 0 ? active : found
}

/** Lists the sessions whose supervisor, if it is alive, is of another version of this program. */
export function listOutdatedSupervisors(reader: Reader, format: number): Session[] {
  return reader
    .all(
      'SELECT * FROM sessions WHERE supervisor_process IS NOT NULL AND supervisor_format IS NOT ?',
      format,
    )
    .map(sessionOf)
}

/** Makes the record of the session where there is none. */
export function ensureSession(tx: Tx, guid: string, identity: Identity): void {
  const now = new Date().toISOString()
  tx.run(
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

export function archiveSession(tx: Tx, guid: string): void {
  const now = new Date().toISOString()
  const where = 'guid = ? AND archived_at IS NULL'
  if (updateRows(tx, 'sessions', { archivedAt: now }, where, guid))
    appendEvent(tx, { guid }, 'archived', {})
}

export function restoreSession(tx: Tx, guid: string): void {
  const where = 'guid = ? AND archived_at IS NOT NULL'
  if (updateRows(tx, 'sessions', { archivedAt: null }, where, guid))
    appendEvent(tx, { guid }, 'restored', {})
}

/** Deletes the session and all that belongs to it, but not its rows in the ledger. */
export function deleteSession(tx: Tx, guid: string): void {
  for (const table of [
    'events',
    'deliveries',
    'questions',
    'releases',
    'attempts',
    'builds',
    'sessions',
  ])
    tx.run(`DELETE FROM ${table} WHERE guid = ?`, guid)
}

export type SessionChange = ChangeOf<RecordOf<typeof changeable>>

export function updateSession(tx: Tx, guid: string, change: SessionChange): void {
  updateRows(tx, 'sessions', change, 'guid = ?', guid)
}
