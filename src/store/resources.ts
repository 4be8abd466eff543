import { column, decode, type RecordOf } from './codec.ts'
import type { Reader, Tx } from './database.ts'

const columns = {
  guid: column.text(),
  account: column.text(),
  region: column.text(),
  kind: column.text<'access_control' | 'stack' | 'bucket' | 'distribution'>(),
  name: column.text(),
  /** The profile that it was last deployed with; `undefined`: the environment's own credentials. */
  profile: column.optional(column.text()),
  state: column.text<'planned' | 'made' | 'deleted'>(),
}

/**
 * The ledger: what was made in a cloud, with a row before each creation. It outlives its session, so that what is
 * forgotten here is still found there.
 */
export type Resource = RecordOf<typeof columns>

/** Notes how a thing stands. */
export function recordResource(tx: Tx, resource: Resource, build?: number): void {
  tx.run(
    `INSERT INTO resources (guid, account, region, kind, name, profile, build, state, changed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (guid, account, region, kind, name)
     DO UPDATE SET profile = excluded.profile, changed_at = excluded.changed_at,
       state = CASE WHEN state = 'made' AND excluded.state = 'planned' THEN 'made' ELSE excluded.state END
     WHERE state <> excluded.state OR profile IS NOT excluded.profile`,
    resource.guid,
    resource.account,
    resource.region,
    resource.kind,
    resource.name,
    resource.profile ?? null,
    build ?? null,
    resource.state,
    new Date().toISOString(),
  )
}

/** What was planned or made and is not known to be gone; of one session, or of all. */
export function listResources(reader: Reader, guid?: string): Resource[] {
  const rows =
    guid === undefined
      ? reader.all("SELECT * FROM resources WHERE state <> 'deleted' ORDER BY guid, rowid")
      : reader.all(
          "SELECT * FROM resources WHERE guid = ? AND state <> 'deleted' ORDER BY rowid",
          guid,
        )
  return rows.map((row) => decode(columns, row))
}
