import type { BuildPlace, BuildSettings } from '../domain/build-settings.ts'
import type { Build, BuildKey } from './builds.ts'
import { updateRows } from './codec.ts'
import type { Reader, Tx } from './database.ts'

/** Returns where a build on `aws` deploys. The upgrade has given a place to the builds of earlier versions. */
export function requirePlace({ guid, build, place }: Build): BuildPlace {
  if (!place) throw new Error(`build ${build} of ${guid} has no place on aws`)
  return place
}

/**
 * Lists where builds on `aws` deployed to, of one session or of all: each place once, the latest first. They have
 * to be searched, because what an agent made there itself is in no ledger.
 */
export function listBuildPlaces(reader: Reader, guid?: string): BuildPlace[] {
  const of = guid === undefined ? [] : [guid]
  // SQLite takes the other columns from the row that has the max().
  const rows = reader.all(
    `SELECT place, max(created_at) AS latest FROM builds
     WHERE target = 'aws' AND place IS NOT NULL ${guid === undefined ? '' : 'AND guid = ?'}
     GROUP BY place ->> '$.profile', place ->> '$.region' ORDER BY latest DESC`,
    ...of,
  )
  return rows.map((row) => JSON.parse(String(row.place)))
}

type Unplaced = BuildKey & { readonly settings: BuildSettings }

/** Lists the builds of an earlier version, which recorded no place. */
export function listBuildsWithoutPlace(reader: Reader): Unplaced[] {
  const rows = reader.all(
    "SELECT guid, build, settings FROM builds WHERE target = 'aws' AND place IS NULL",
  )
  return rows.map(({ guid, build, settings }) => ({
    guid: String(guid),
    build: Number(build),
    settings: JSON.parse(String(settings)),
  }))
}

/** Gives a build of an earlier version its place, unless another command was faster. */
export function recordPlace(tx: Tx, { guid, build }: BuildKey, place: BuildPlace): void {
  const where = 'guid = ? AND build = ? AND place IS NULL'
  updateRows(tx, 'builds', { place }, where, guid, build)
}
