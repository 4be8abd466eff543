import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { notReady, type TmuxBuilderError } from '../errors.ts'
import { sleep } from '../world/world.ts'
import { schemaSteps, schemaVersion } from './schema.ts'

export type SqlValue = string | number | null
export type Row = Record<string, SqlValue>

/** Reads the database at any moment. A query is synchronous and short. */
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
   * Runs `act` in one transaction, which is on disk when the promise resolves and changes nothing when it rejects.
   * It waits up to 20 s for other programs that write, without blocking this one. `act` is synchronous, so that
   * nothing comes between its parts.
   */
  transact<T>(act: (tx: Tx) => T): Promise<T>
  close(): void
}

const busyTimeoutMs = 20_000
/** A reader meets a lock only while another program recovers the log, which takes milliseconds. */
const readTimeoutMs = 1_000
/** The pause is random, because programs that try again at the same moments would keep meeting. */
const retryMs = () => 2 + Math.random() * 10

/**
 * Opens the database and makes it where it is absent. With `create: false` an absent one reads as an empty one, so
 * that a command that only reads leaves no trace.
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
      requireKnownFormat(db, file)
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

/** Throws where a file is in the place of the folder or of one above it, which is an error for readers too. */
function requireFolderOrNothing(folder: string): void {
  try {
    statSync(`${folder}/`)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

/**
 * Makes the missing folders one by one. The recursion of Node 24.21 never ends where a folder takes no new one, as
 * /proc does.
 */
function makeFolder(folder: string): void {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.unshift(at)
  for (const one of missing)
    try {
      mkdirSync(one, { mode: 0o700 })
    } catch (error) {
      // Another command may have been faster.
      if (!existsSync(one)) throw error
    }
}

/**
 * Repeats `act` while another program has the file. SQLite's own timeout would block the whole process, and SQLite
 * 3.53 ignores it while a new file becomes a WAL one or the last program that closes it tidies up.
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

/**
 * Refuses a database that a newer version or another program wrote. It asks in one statement, so that the first
 * start of another program cannot come in between.
 */
function requireKnownFormat(db: DatabaseSync, file: string): void {
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
      `The database ${file} belongs to another program.`,
      'Set TMUX_BUILDER_HOME to a folder of its own',
    )
}

/** Refuses a file system without the shared memory and locks that WAL needs, as some network ones are. */
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

/** Makes the tables or brings them up to date, in one transaction, so that one of many commands does all of it. */
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

/** Rolls back, unless SQLite has done so itself (on a full disk): a second ROLLBACK would hide the real error. */
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

/** Begins a transaction or throws at once, because `untilFree` waits without blocking the process. */
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
    'Try again; if it stays locked, see which process has it open',
  ],
  8: ['cannot be written', 'Allow this user to write there, or set TMUX_BUILDER_HOME'],
  10: ['cannot be read or written (input/output error)', 'Check the disk, then try again'],
  11: ['is damaged', 'Restore it from a backup, or move it away to start with an empty one'],
  13: ['cannot grow: the disk is full', 'Free some space, then try again: nothing was lost'],
  14: ['cannot be opened', 'Check the folder and its permissions, or set TMUX_BUILDER_HOME'],
  15: ['cannot be locked on this file system', 'Set TMUX_BUILDER_HOME to a folder on a local disk'],
  26: ['is not a database', 'Move the file away to start with an empty one'],
}

const SQLITE_FULL = 13
/** The disk has no room for the index that readers of the log share. */
const SQLITE_IOERR_SHMSIZE = 4874

/** Whether SQLite or a write to a file failed because the disk is full, which passes without a loss. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error)
    return (Number(error.errcode) & 0xff) === SQLITE_FULL || error.errcode === SQLITE_IOERR_SHMSIZE
  return 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/**
 * Explains an error of SQLite's surroundings; returns `undefined` for any other error, which may be a bug here.
 */
export function explainStoreError(error: unknown): TmuxBuilderError | undefined {
  if (!(error instanceof Error) || !('errcode' in error)) return undefined
  const problem = sqliteProblems[isDiskFull(error) ? SQLITE_FULL : Number(error.errcode) & 0xff]
  return problem ? notReady(`The database of tmux-builder ${problem[0]}.`, problem[1]) : undefined
}
