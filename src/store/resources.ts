import { column, decode, type RecordOf } from './codec.ts'
import type { Reader, Tx } from './database.ts'

const columns = {
  guid: column.text(),
  account: column.text(),
  region: column.text(),
  kind: column.text<'access_control' | 'stack' | 'bucket' | 'distribution'>(),
  name: column.text(),
  /** The profile of its last deployment; `undefined` for the environment's own credentials. */
  profile: column.optional(column.text()),
  state: column.text<'planned' | 'made' | 'deleted'>(),
}

/**
 * A row of the ledger of what was made in AWS. It is written before the creation and outlives its session, so that
 * nothing in AWS is forgotten with a session.
 */
export type Resource = RecordOf<typeof columns>

/** Records the state of a resource. A plan does not replace that it was made. */
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

/** Lists what was planned or made and is not known to be deleted, of one session or of all. */
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
