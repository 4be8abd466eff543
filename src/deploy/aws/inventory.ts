import type { Context } from '../../context.ts'
import { monthlyDollarsOf } from '../../domain/aws-costs.ts'
import type { Store } from '../../store/open.ts'
import { listResources } from '../../store/resources.ts'
import { findSession } from '../../store/sessions.ts'
import { accessControlName, findAccessControl } from './access-control.ts'
import { type Account, openAccount } from './account.ts'
import { explainAwsError } from './errors.ts'
import { listPlaces } from './places.ts'
import { findStack, siteOf, stackNameOf } from './stack.ts'
import { bucketNameOf, distributionIdOf, hasHost, listTagged } from './tagged.ts'

export interface Item {
  readonly guid: string
  readonly account: string
  readonly region: string
  readonly kind: string
  readonly name: string
  /**
   * `ours`: the helper made it. `foreign`: it carries the GUID, and somebody else made it (the agent's own code).
   * `orphan`: no session of these records, or no stack, is behind it. `gone`: in the ledger, not in AWS.
   */
  readonly state: 'ours' | 'foreign' | 'orphan' | 'gone'
  readonly monthly_dollars: number
}

export interface InventoryFlags {
  readonly awsProfile?: string
  readonly region?: string
  readonly host?: string
}

/** What there is, by the stack, by tags and by the ledger. */
export async function readInventory(
  context: Context,
  store: Store,
  guid: string | undefined,
  flags: InventoryFlags,
): Promise<Item[]> {
  const items = new Map<string, Item>()
  const given = { profile: flags.awsProfile, region: flags.region }
  for (const place of await listPlaces(store, guid, given))
    try {
      const account = await openAccount(context, place)
      for (const item of await readAccount(account, store, guid, flags.host))
        items.set(`${item.account} ${item.region} ${item.kind} ${item.name}`, item)
    } catch (error) {
      throw explainAwsError(error, place.profile)
    }
  return [...items.values()]
}

async function readAccount(
  account: Account,
  store: Store,
  guid: string | undefined,
  host: string | undefined,
): Promise<Item[]> {
  const tagged = await listTagged(account, guid)
  const items: Item[] = []
  const names = new Set<string>()
  for (const one of new Set(tagged.map((each) => each.guid)).add(guid ?? '')) {
    if (one === '') continue
    const stack = await findStack(account, stackNameOf(one))
    const site = stack && siteOf(stack)
    const isKnown = findSession(store, one) !== undefined
    const base = { guid: one, account: account.id, region: account.region }
    const arns = new Set(tagged.filter((each) => each.guid === one).map((each) => each.arn))
    if (site) arns.add(site.stackId)
    for (const arn of arns) {
      const distribution = distributionIdOf(arn)
      if (host !== undefined && (!distribution || !(await hasHost(account, distribution, host))))
        continue
      const bucket = bucketNameOf(arn)
      const isPart =
        arn === site?.stackId ||
        distribution === site?.distribution ||
        (bucket !== undefined && bucket === site?.bucket)
      const isLeft = bucket?.startsWith(stackNameOf(one).slice(0, 24)) === true && !isPart
      const kind = kindOf(arn)
      const name = distribution ?? bucket ?? (arn === site?.stackId ? stackNameOf(one) : arn)
      names.add(`${kind} ${name}`)
      items.push({
        ...base,
        kind,
        name,
        state: !isKnown || isLeft ? 'orphan' : isPart ? 'ours' : 'foreign',
        monthly_dollars: monthlyDollarsOf(arn),
      })
    }
  }
  if (host !== undefined) return items
  const shared = await findAccessControl(account)
  for (const noted of listResources(store, guid)) {
    if (noted.account !== account.id || noted.region !== account.region) continue
    if (names.has(`${noted.kind} ${noted.name}`)) continue
    const isThere = noted.kind === 'access_control' && noted.name === accessControlName && shared
    items.push({
      guid: noted.guid,
      account: noted.account,
      region: noted.region,
      kind: noted.kind,
      name: noted.name,
      state: isThere ? 'ours' : 'gone',
      monthly_dollars: 0,
    })
  }
  return items
}

/** In the ledger's words where it has one, else the service and the type of the ARN. */
function kindOf(arn: string): string {
  if (distributionIdOf(arn)) return 'distribution'
  if (bucketNameOf(arn)) return 'bucket'
  const [, , service = '', , , ...rest] = arn.split(':')
  if (service === 'cloudformation') return 'stack'
  return `${service} ${rest.join(':').split(/[/:]/)[0] ?? ''}`.trim()
}
