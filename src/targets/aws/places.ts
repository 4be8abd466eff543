import { TmuxBuilderError } from '../../errors.ts'
import { listBuildPlaces } from '../../store/build-places.ts'
import { findLatestBuild } from '../../store/builds.ts'
import type { Store } from '../../store/database.ts'
import { listResources, type Resource } from '../../store/resources.ts'
import type { World } from '../../world/world.ts'
import { type Account, openAccount } from './account.ts'
import { explainAwsError } from './aws-errors.ts'
import type { AwsGiven, AwsPlace } from './messages.ts'

/** Where a session, or all of them, may have made something: what the ledger says, and where their builds deployed. */
export function listPlaces(store: Store, guid: string | undefined, given: AwsGiven): AwsPlace[] {
  const latest = guid === undefined ? undefined : findLatestBuild(store, guid)
  const accounts = latest?.settings.awsAccounts ?? []
  const noted: AwsPlace[] = listBuildPlaces(store, guid)
  for (const { profile, region } of listResources(store, guid))
    noted.push({ profile, region, accounts })
  const { profile, region } = given
  // A session that only ever was on this machine: nobody needs credentials to know that.
  const isAnywhere = latest === undefined || profile !== undefined || region !== undefined
  if (noted.length === 0 && isAnywhere)
    noted.push({ profile, region: region ?? 'us-east-1', accounts })
  if (region !== undefined) noted.push(...noted.map((place) => ({ ...place, region })))
  // The profile that was given is the first to be taken in an account; where it does not lead the recorded ones do.
  if (profile !== undefined) noted.unshift(...noted.map((place) => ({ ...place, profile })))
  // What one session allows is no rule for the others.
  const places = guid === undefined ? noted.map((place) => ({ ...place, accounts })) : noted
  return [...new Map(places.map((one) => [`${one.profile}\n${one.region}`, one])).values()]
}

/** A place that could not be looked at, and why. */
export interface PlaceFailure {
  readonly place: AwsPlace
  readonly error: TmuxBuilderError
}

/**
 * Does something in each place, once in each account and region, until it is enough; what one place refuses does not keep
 * the others.
 */
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
      // Two profiles may lead to one account.
      const key = `${account.id} ${account.region}`
      if (done.has(key)) continue
      const one = await act(account)
      done.set(key, one)
      if (isEnough(one)) break
    } catch (error) {
      const told = explainAwsError(error, place.profile)
      if (world.signal.aborted || !(told instanceof TmuxBuilderError)) throw told
      failures.push({ place, error: told })
    }
  return { done: [...done.values()], failures }
}

export const liesIn = ({ account, region }: Resource, { id, region: at }: Account) =>
  account === id && region === at
