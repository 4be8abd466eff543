import type { Row, SqlValue, Tx } from './database.ts'

/** Reads one field of a record from its column. */
interface Column<T> {
  read(value: SqlValue): T
}

const flag: Column<boolean> = { read: (value) => value === 1 }
const integer: Column<number> = { read: Number }

/** Every kind of column that the tables have. JSON is trusted to be of the type that was written. */
export const column = {
  text: <T extends string = string>(): Column<T> => ({ read: (value) => String(value) as T }),
  /** This fits INTEGER and REAL columns, because SQLite returns both as numbers. */
  number: integer,
  flag,
  json: <T>(): Column<T> => ({ read: (value) => JSON.parse(String(value)) as T }),
  /** A NULL in the column is `undefined` in the record. */
  optional: <T>(inner: Column<T>): Column<T | undefined> => ({
    read: (value) => (value === null ? undefined : inner.read(value)),
  }),
}

type Columns = Readonly<Record<string, Column<unknown>>>

/** The record that these columns hold. The column of a field has the field's name in snake case. */
export type RecordOf<Of extends Columns> = {
  readonly [Name in keyof Of]: Of[Name] extends Column<infer T> ? T : never
}

/** A change of a record: absent fields stay, and `null` empties an optional one. */
export type ChangeOf<Of> = {
  readonly [Name in keyof Of]?: undefined extends Of[Name]
    ? Exclude<Of[Name], undefined> | null
    : Of[Name]
}

const columnName = (field: string) => field.replaceAll(/[A-Z]/g, (one) => `_${one.toLowerCase()}`)

/** Makes the record of a row. */
export function decode<Of extends Columns>(columns: Of, row: Row): RecordOf<Of> {
  const entries = Object.entries(columns).map(([field, { read }]) => [
    field,
    read(row[columnName(field)] ?? null),
  ])
  return Object.fromEntries(entries) as RecordOf<Of>
}

/** Makes JSON of objects, 0 or 1 of flags, and NULL of what is absent. */
function encode(value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'object') return JSON.stringify(value)
  return value as string | number
}

/** Adds a row with those fields. */
export function insertRow(tx: Tx, table: string, record: Readonly<Record<string, unknown>>): void {
  const fields = Object.keys(record)
  tx.run(
    `INSERT INTO ${table} (${fields.map(columnName).join(', ')}) VALUES (${fields.map(() => '?').join(', ')})`,
    ...Object.values(record).map(encode),
  )
}

/** Changes those fields in all rows that meet the condition, and returns how many rows changed. */
export function updateRows(
  tx: Tx,
  table: string,
  change: Readonly<Record<string, unknown>>,
  condition: string,
  ...values: SqlValue[]
): number {
  const fields = Object.keys(change)
  return tx.run(
    `UPDATE ${table} SET ${fields.map((field) => `${columnName(field)} = ?`).join(', ')} WHERE ${condition}`,
    ...Object.values(change).map(encode),
    ...values,
  )
}
