import { findLatestBuild } from '../../store/builds.ts'
import type { Store } from '../../store/open.ts'
import { listResources } from '../../store/resources.ts'
import type { AwsPlace } from './account.ts'
import { awsPlaceOf } from './aws-place.ts'

/** Where a session, or all of them, may have made something: what the ledger says, and where its build deploys. */
export async function listPlaces(
  store: Store,
  guid: string | undefined,
  given: { readonly profile?: string | undefined; readonly region?: string | undefined },
): Promise<AwsPlace[]> {
  const build = guid === undefined ? undefined : findLatestBuild(store, guid)
  const accounts = build?.settings.awsAccounts ?? []
  const noted = listResources(store, guid).map(
    ({ profile, region }): AwsPlace => ({ profile, region, accounts }),
  )
  if (build?.target === 'aws') noted.push(await awsPlaceOf(build))
  const isGiven = given.profile !== undefined || given.region !== undefined
  // A session that only ever was on this machine: nobody needs credentials to know that.
  if (build !== undefined && noted.length === 0 && !isGiven) return []
  if (noted.length === 0 || isGiven)
    noted.push({
      profile: given.profile ?? noted[0]?.profile,
      region: given.region ?? noted[0]?.region ?? 'us-east-1',
      accounts,
    })
  const chosen = noted.map((place) => ({ ...place, profile: given.profile ?? place.profile }))
  return [...new Map(chosen.map((one) => [`${one.profile}\n${one.region}`, one])).values()]
}
