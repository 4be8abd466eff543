import type { Store } from '../../store/database.ts'
import { listResources, type Resource } from '../../store/resources.ts'
import { findSession } from '../../store/sessions.ts'
import type { World } from '../../world/world.ts'
import { findAccessControl } from './access-control.ts'
import type { Account } from './account.ts'
import { arnsOf, bucketNameOf, kindOf, monthlyDollarsOf, nameIn } from './arn.ts'
import {
  type AwsGiven,
  errorOf,
  type HostOwner,
  type InventoryFound,
  type Item,
  refusalOf,
} from './messages.ts'
import { inEachPlace, liesIn, listPlaces } from './places.ts'
import { findStack, siteOf, stackNameOf } from './stack.ts'
import { answersAt, exists, hasBucket, listTagged } from './tagged-resources.ts'

/** Lists resources by stacks, tags and the ledger, and the places that could not be read. */
export async function readInventory(
  world: World,
  store: Store,
  guid: string | undefined,
  given: AwsGiven,
  host: string | undefined,
): Promise<InventoryFound> {
  const places = listPlaces(store, guid, given)
  const { done, failures: unreached } = await inEachPlace(
    world,
    places,
    async (account) => ({ account, items: await readAccount(account, store, guid, host) }),
    ({ items }) => host !== undefined && items.length > 0,
  )
  const failures = unreached.map(({ place, error }) => ({ place, error: refusalOf(error) }))
  const items = withoutRepeats(done.flatMap((one) => one.items))
  // Once the resource at the host is found, failures in other places do not matter.
  if (host !== undefined) return { items, failures: items.length > 0 ? [] : failures }
  const unread = listResources(store, guid).filter(
    (one) => !done.some(({ account }) => liesIn(one, account)),
  )
  return { items: [...items, ...unread.map((one) => itemOf(one, 'unknown'))], failures }
}

/** Finds what the host belongs to. Exit 5 if nothing was found and a place could not be read. */
export async function findOwner(
  world: World,
  store: Store,
  guid: string,
  host: string,
): Promise<HostOwner> {
  const given = { profile: undefined, region: undefined }
  const { items, failures } = await readInventory(world, store, guid, given, host)
  for (const { error } of failures) throw errorOf(error)
  if (items.some((one) => one.state === 'ours')) return 'stack'
  return items.length > 0 ? 'tagged' : 'none'
}

/** Whether every region lists the item, under the same name. */
const isGlobal = ({ kind }: Item) =>
  ['distribution', 'function', 'access_control', 'bucket'].includes(kind)

/** Keeps one of the items that several regions list, preferably the one in its stack's region. */
function withoutRepeats(found: readonly Item[]): Item[] {
  const items = new Map<string, Item>()
  for (const item of found) {
    const region = isGlobal(item) ? '' : item.region
    const key = `${item.account} ${region} ${item.kind} ${item.name}`
    if (item.state === 'ours' || !items.has(key)) items.set(key, item)
  }
  return [...items.values()]
}

async function readAccount(
  account: Account,
  store: Store,
  guid: string | undefined,
  host: string | undefined,
): Promise<Item[]> {
  const noted = listResources(store, guid).filter((one) => liesIn(one, account))
  const tagged = await listTagged(account, guid)
  const guids = new Set([...tagged, ...noted].map((each) => each.guid).concat(guid ?? []))
  const items: Item[] = []
  for (const one of guids) {
    const arns = tagged.filter((each) => each.guid === one).map((each) => each.arn)
    items.push(...(await readSession(account, store, one, arns, host)))
  }
  return host === undefined ? [...items, ...(await readLedger(account, noted, items))] : items
}

/** The resources of one session: the parts of its stack, and others that carry its GUID. */
async function readSession(
  account: Account,
  store: Store,
  guid: string,
  tagged: readonly string[],
  host: string | undefined,
): Promise<Item[]> {
  const stack = await findStack(account, stackNameOf(guid))
  const parts = stack ? arnsOf(account, siteOf(stack)) : []
  const isKnown = findSession(store, guid) !== undefined
  const items: Item[] = []
  const isPart = (arn: string) => parts.some((part) => nameIn(part) === nameIn(arn))
  for (const arn of [...parts, ...tagged.filter((one) => !isPart(one))]) {
    if (host !== undefined && !(await answersAt(account, arn, host))) continue
    if (!isPart(arn) && !(await exists(account, arn))) continue
    const bucket = bucketNameOf(arn)
    const isLeft = bucket?.startsWith(stackNameOf(guid).slice(0, 24)) === true && !isPart(arn)
    items.push({
      guid,
      account: account.id,
      region: account.region,
      kind: kindOf(arn),
      name: stack && arn === stack.StackId ? stackNameOf(guid) : nameIn(arn),
      state: !isKnown || isLeft ? 'orphan' : isPart(arn) ? 'ours' : 'foreign',
      monthly_dollars: monthlyDollarsOf(arn),
    })
  }
  return items
}

/** The resources that only the ledger knows. */
async function readLedger(
  account: Account,
  noted: readonly Resource[],
  found: readonly Item[],
): Promise<Item[]> {
  const items: Item[] = []
  for (const one of noted)
    if (!found.some((item) => item.kind === one.kind && item.name === one.name))
      items.push(itemOf(one, await stateOf(account, one.kind, one.name)))
  return items
}

const itemOf = ({ guid, account, region, kind, name }: Resource, state: Item['state']): Item => ({
  guid,
  account,
  region,
  kind,
  name,
  state,
  monthly_dollars: 0,
})

async function stateOf(
  account: Account,
  kind: Resource['kind'],
  name: string,
): Promise<Item['state']> {
  if (kind === 'access_control') return (await findAccessControl(account)) ? 'ours' : 'gone'
  // Its stack is gone and AWS may list its tags late, so the bucket itself is looked up.
  if (kind === 'bucket') return (await hasBucket(account, name)) ? 'orphan' : 'gone'
  return 'gone'
}
