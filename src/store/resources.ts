import type { Row, Store } from './database.ts'

/**
 * The ledger: what was made in a cloud, with a row before each creation. It outlives its session, so that what is
 * forgotten here is still found there.
 */
export interface Resource {
  readonly guid: string
  readonly account: string
  readonly region: string
  readonly kind: 'access_control' | 'stack' | 'bucket' | 'distribution'
  readonly name: string
  /** The profile that it was last deployed with; `undefined`: the environment's own credentials. */
  readonly profile: string | undefined
  readonly state: 'planned' | 'made' | 'deleted'
}

const resourceOf = (row: Row): Resource => ({
  guid: String(row.guid),
  account: String(row.account),
  region: String(row.region),
  kind: row.kind as Resource['kind'],
  name: String(row.name),
  profile: row.profile === null ? undefined : String(row.profile),
  state: row.state as Resource['state'],
})

/** Notes how a thing stands; on disk when it returns. */
export function recordResource(store: Store, resource: Resource, build?: number): void {
  store.run(
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
export function listResources(store: Store, guid?: string): Resource[] {
  const rows =
    guid === undefined
      ? store.all("SELECT * FROM resources WHERE state <> 'deleted' ORDER BY guid, rowid")
      : store.all(
          "SELECT * FROM resources WHERE guid = ? AND state <> 'deleted' ORDER BY rowid",
          guid,
        )
  return rows.map(resourceOf)
}
