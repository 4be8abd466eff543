import { TmuxBuilderError } from '../../errors.ts'
import { listBuildPlaces } from '../../store/build-places.ts'
import { findLatestBuild } from '../../store/builds.ts'
import type { Store } from '../../store/database.ts'
import { listResources, type Resource } from '../../store/resources.ts'
import type { World } from '../../world/world.ts'
import { type Account, openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import type { AwsGiven, AwsPlace } from './messages.ts'

/** The places where one session (or all of them) may have resources, from the ledger and the builds' settings. */
export function listPlaces(store: Store, guid: string | undefined, given: AwsGiven): AwsPlace[] {
  const latest = guid === undefined ? undefined : findLatestBuild(store, guid)
  const accounts = latest?.settings.awsAccounts ?? []
  const noted: AwsPlace[] = listBuildPlaces(store, guid)
  for (const { profile, region } of listResources(store, guid))
    noted.push({ profile, region, accounts })
  const { profile, region } = given
  // A session that only deployed locally has no place, so that no credentials are needed to say so.
  const isAnywhere = latest === undefined || profile !== undefined || region !== undefined
  if (noted.length === 0 && isAnywhere)
    noted.push({ profile, region: region ?? 'us-east-1', accounts })
  if (region !== undefined) noted.push(...noted.map((place) => ({ ...place, region })))
  // The given profile comes first in each account; recorded profiles reach the accounts that it does not lead to.
  if (profile !== undefined) noted.unshift(...noted.map((place) => ({ ...place, profile })))
  // The allowed accounts of one session must not restrict the others.
  const places = guid === undefined ? noted.map((place) => ({ ...place, accounts })) : noted
  return [...new Map(places.map((one) => [`${one.profile}\n${one.region}`, one])).values()]
}

/** A place that could not be read, and why. */
export interface PlaceFailure {
  readonly place: AwsPlace
  readonly error: TmuxBuilderError
}

/** Runs `act` once in each account and region until a result is enough. A place that fails does not stop it. */
export async function inEachPlace<T>(
  world: World,
  places: readonly AwsPlace[],
  act: (account: Account) => Promise<T>,
  isEnough: (one: T) => boolean = () => false,
): Promise<{ readonly done: readonly T[]; readonly failures: readonly PlaceFailure[] }> {
  const done = new Map<string, T>()
  const failures: PlaceFailure[] = []
  for (const place of places)
    try {
      const account = await openAccount(world, place)
      // Two profiles may lead to the same account.
      const key = `${account.id} ${account.region}`
      if (done.has(key)) continue
      const one = await act(account)
      done.set(key, one)
      if (isEnough(one)) break
    } catch (error) {
      const explained = explainAwsError(error, place.profile)
      if (world.signal.aborted || !(explained instanceof TmuxBuilderError)) throw explained
      failures.push({ place, error: explained })
    }
  return { done: [...done.values()], failures }
}

export const liesIn = ({ account, region }: Resource, { id, region: at }: Account) =>
  account === id && region === at
