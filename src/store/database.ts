import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { notReady, type TmuxBuilderError } from '../errors.ts'
import { sleep } from '../world/world.ts'
import { schemaSteps, schemaVersion } from './schema.ts'

export type SqlValue = string | number | null
export type Row = Record<string, SqlValue>

/** What may be read at any moment; a query is synchronous and short. */
export interface Reader {
  get(sql: string, ...values: SqlValue[]): Row | undefined
  all(sql: string, ...values: SqlValue[]): Row[]
}

/** One transaction under way: the only way to change anything. */
export interface Tx extends Reader {
  /** Returns how many rows changed. */
  run(sql: string, ...values: SqlValue[]): number
}

/** The open database with its prepared statements. */
export interface Store extends Reader {
  /**
   * Runs `act` in one transaction: all of it or nothing, and on disk when the promise resolves. Other programs that
   * write are waited for without blocking this one, up to 20 s; `act` itself is synchronous, so nothing comes between.
   */
  transact<T>(act: (tx: Tx) => T): Promise<T>
  close(): void
}

const busyTimeoutMs = 20_000
/** A reader meets a lock only while another program recovers the log: that takes milliseconds. */
const readTimeoutMs = 1_000
/** Rivals that look again at the same moments would keep meeting. */
const retryMs = () => 2 + Math.random() * 10

/**
 * Opens the database, making it where it is absent. With `create: false` an absent one reads as an empty one and
 * nothing is made, so that a command that only reads leaves no trace.
 */
export async function openStore(file: string, options: { create: boolean }): Promise<Store> {
  requireFolderOrNothing(dirname(file))
  if (!options.create && !existsSync(file)) {
    const empty = new DatabaseSync(':memory:')
    bringUpToDate(empty)
    return prepareStore(empty)
  }
  makeFolder(dirname(file))
  const isNew = !existsSync(file)
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    if (isNew) chmodSync(file, 0o600)
    await untilFree(() => {
      requireOurs(db, file)
      requireLocking(db, file)
      db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
      bringUpToDate(db)
    })
    db.exec(`PRAGMA busy_timeout = ${readTimeoutMs}`)
  } catch (error) {
    db.close()
    throw error
  }
  return prepareStore(db)
}

/** A file in the place of the folder, or of one above it, is an error for readers too. */
function requireFolderOrNothing(folder: string): void {
  try {
    statSync(`${folder}/`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/** The missing ones one by one: where a folder takes none (as /proc) Node's own recursion never ends (24.21). */
function makeFolder(folder: string): void {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.unshift(at)
  for (const one of missing)
    try {
      mkdirSync(one, { mode: 0o700 })
    } catch (error) {
      // Another command was faster.
      if (!existsSync(one)) throw error
    }
}

/**
 * Does it again while another program has the file. SQLite's own timeout would block the whole process, and does not
 * count where a new file becomes a WAL one or the last program to close it tidies up (SQLite 3.53).
 */
async function untilFree<T>(act: () => T): Promise<T> {
  const deadline = performance.now() + busyTimeoutMs
  for (;;)
    try {
      return act()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
      await sleep(retryMs())
    }
}

/** What somebody else wrote is left as it is. One statement, so that nobody's first start comes in between. */
function requireOurs(db: DatabaseSync, file: string): void {
  const { version, isUsed } = db
    .prepare(
      'SELECT user_version AS version, EXISTS (SELECT 1 FROM sqlite_schema) AS isUsed FROM pragma_user_version',
    )
    .get() as { version: number; isUsed: number }
  if (version > schemaVersion)
    throw notReady(
      `The database ${file} was written by a newer tmux-builder (format ${version}, this one knows ${schemaVersion}).`,
      'Update tmux-builder, or set TMUX_BUILDER_HOME to another folder',
    )
  if (version === 0 && isUsed)
    throw notReady(
      `The database ${file} is another program’s.`,
      'Set TMUX_BUILDER_HOME to a folder of its own',
    )
}

/** WAL needs shared memory and locks; a file system without them (some network ones) says so here. */
function requireLocking(db: DatabaseSync, file: string): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get() as Row
  if (mode.journal_mode !== 'wal')
    throw notReady(
      `SQLite cannot lock files in ${dirname(file)}.`,
      'Set TMUX_BUILDER_HOME to a folder on a local disk',
    )
}

const versionOf = (db: DatabaseSync) =>
  Number((db.prepare('PRAGMA user_version').get() as Row).user_version)

/** Makes the tables, or brings those of an earlier version up to date: all of it or nothing, by one command alone. */
function bringUpToDate(db: DatabaseSync): void {
  if (versionOf(db) === schemaVersion) return
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const step of schemaSteps.slice(versionOf(db))) db.exec(step)
    db.exec(`PRAGMA user_version = ${schemaVersion}`)
    db.exec('COMMIT')
  } catch (error) {
    rollBack(db)
    throw error
  }
}

/** A full disk rolls back by itself; a second ROLLBACK would hide the real error. */
function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) db.exec('ROLLBACK')
}

function prepareStore(db: DatabaseSync): Store {
  const statements = new Map<string, StatementSync>()
  const prepare = (sql: string) => {
    let statement = statements.get(sql)
    if (!statement) {
      statement = db.prepare(sql)
      statements.set(sql, statement)
    }
    return statement
  }
  const tx: Tx = {
    get: (sql, ...values) => prepare(sql).get(...values) as Row | undefined,
    all: (sql, ...values) => prepare(sql).all(...values) as Row[],
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
  }
  return {
    get: tx.get,
    all: tx.all,
    async transact(act) {
      // Nothing may be awaited between its begin and its end: another caller's transaction could come between.
      const done = await untilFree(() => {
        begin(db)
        return finish(db, () => act(tx))
      })
      if ('error' in done) throw done.error
      return done.result
    },
    close: () => db.close(),
  }
}

/** A busy database is an error at once: the waiting is done outside, where it blocks nothing. */
function begin(db: DatabaseSync): void {
  db.exec('PRAGMA busy_timeout = 0')
  try {
    db.exec('BEGIN IMMEDIATE')
  } finally {
    db.exec(`PRAGMA busy_timeout = ${readTimeoutMs}`)
  }
}

/** Errors are returned, because only a transaction that has not begun may be tried again. */
function finish<T>(
  db: DatabaseSync,
  act: () => T,
): { readonly result: T } | { readonly error: unknown } {
  try {
    const result = act()
    db.exec('COMMIT')
    return { result }
  } catch (error) {
    rollBack(db)
    return { error }
  }
}

const SQLITE_BUSY = 5

/** Whether another program has the file at the moment. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY
  )
}

const sqliteProblems: Readonly<Record<number, readonly [string, string]>> = {
  [SQLITE_BUSY]: [
    'is locked by another program',
    'Try again; if it stays, see which process has it open',
  ],
  8: ['cannot be written', 'Give this user the right to write there, or set TMUX_BUILDER_HOME'],
  10: ['cannot be read or written (input/output error)', 'Check the disk, then try again'],
  11: ['is damaged', 'Restore it from a backup, or move it away to start with an empty one'],
  13: ['cannot grow: the disk is full', 'Free some space, then try again: nothing was lost'],
  14: ['cannot be opened', 'Check the folder and its rights, or set TMUX_BUILDER_HOME'],
  15: ['cannot be locked on this file system', 'Set TMUX_BUILDER_HOME to a folder on a local disk'],
  26: ['is not a database', 'Move the file away to start with an empty one'],
}

const SQLITE_FULL = 13
/** There is no room for the index that readers of the log share. */
const SQLITE_IOERR_SHMSIZE = 4874

/** Whether SQLite or a write to a file failed because the disk is full: it passes, without anything lost. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error)
    return (Number(error.errcode) & 0xff) === SQLITE_FULL || error.errcode === SQLITE_IOERR_SHMSIZE
  return 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/** A sentence for what SQLite may say of its surroundings; `undefined`: not SQLite's, or a bug of ours. */
export function explainStoreError(error: unknown): TmuxBuilderError | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  const problem = sqliteProblems[isDiskFull(error) ? SQLITE_FULL : Number(error.errcode) & 0xff]
  return problem ? notReady(`The database of tmux-builder ${problem[0]}.`, problem[1]) : undefined
}
