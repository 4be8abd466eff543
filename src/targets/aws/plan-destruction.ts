import { notReady } from '../../errors.ts'
import type { Store } from '../../store/database.ts'
import { listResources, type Resource } from '../../store/resources.ts'
import type { World } from '../../world/world.ts'
import type { Account } from './account.ts'
import { arnsOf, bucketNameOf, nameIn, stackNameIn } from './arn.ts'
import { explainAwsError } from './aws-errors.ts'
import { joinStack } from './change-stack.ts'
import type { AwsGiven, DestroyPlan } from './messages.ts'
import { inEachPlace, liesIn, listPlaces } from './places.ts'
import { findBucketIn, findStack, readStackParts, siteOf, stackNameOf } from './stack.ts'
import { exists, listTagged } from './tagged-resources.ts'

/** A plan, with a test for ARNs that belong to one of its stacks. */
interface Planned {
  readonly plan: DestroyPlan
  readonly holds: (arn: string) => boolean
}

/** Plans the destruction in every place of the session. A dry run does not wait for changes of other runs. */
export async function planDestruction(
  world: World,
  store: Store,
  guid: string,
  given: AwsGiven,
  isDryRun: boolean,
): Promise<DestroyPlan[]> {
  const places = listPlaces(store, guid, given)
  const { done: accounts, failures } = await inEachPlace(world, places, async (one) => one)
  // A given profile replaces recorded ones that fail; `requireReach` checks that it leads to the same accounts.
  if (given.profile === undefined || accounts.length === 0)
    for (const { error } of failures) throw error
  requireReach(listResources(store, guid), accounts)
  const planned: Planned[] = []
  for (const account of accounts)
    try {
      planned.push(await planIn(world, store, guid, account, isDryRun))
    } catch (error) {
      throw explainAwsError(error, account.profile)
    }
  // CloudFront's resources are listed in every region, although they belong to the stack of one region.
  const isHeld = (arn: string) => planned.some(({ holds }) => holds(arn))
  return planned.map(({ plan }) => ({ ...plan, kept: plan.kept.filter((arn) => !isHeld(arn)) }))
}

/** Refuses to destroy anything while some resource in the ledger lies where no credentials lead. */
function requireReach(noted: readonly Resource[], accounts: readonly Account[]): void {
  const missed = noted.find((one) => !accounts.some((account) => liesIn(one, account)))
  if (missed)
    throw notReady(
      `This session has resources in the AWS account ${missed.account} (${missed.region}), but the credentials lead to ${accounts.map(({ id }) => id).join(', ')}: nothing was destroyed.`,
      'Give a profile of that account with --aws-profile',
    )
}

async function planIn(
  world: World,
  store: Store,
  guid: string,
  account: Account,
  isDryRun: boolean,
): Promise<Planned> {
  const name = stackNameOf(guid)
  const stack = isDryRun ? await findStack(account, name) : await joinStack(world, account, name)
  const site = stack && siteOf(stack)
  const tagged = (await listTagged(account, guid)).map(({ arn }) => arn)
  const noted = listResources(store, guid).filter((one) => liesIn(one, account))
  const buckets = new Set(noted.filter((one) => one.kind === 'bucket').map((one) => one.name))
  const bucketHere = stack && (site?.bucket || (await findBucketIn(account, name)))
  if (bucketHere) buckets.add(bucketHere)
  const isOurBucket = (bucket: string) =>
    buckets.has(bucket) || bucket.startsWith(name.slice(0, 24))
  for (const bucket of tagged.map(bucketNameOf))
    if (bucket && isOurBucket(bucket)) buckets.add(bucket)
  const parts = site ? arnsOf(account, site).map(nameIn) : []
  const others: string[] = []
  for (const arn of tagged)
    if (
      !parts.includes(nameIn(arn)) &&
      !buckets.has(bucketNameOf(arn) ?? '') &&
      (await exists(account, arn))
    )
      others.push(arn)
  const stacks = others.filter((arn) => stackNameIn(arn) !== undefined)
  // Our stacks have outputs; a stack whose creation failed has none, so its parts are listed.
  const isInStack = await readStackParts(account, site?.bucket === '' ? [...stacks, name] : stacks)
  const { profile, region, accounts } = account
  return {
    plan: {
      place: { profile, region, accounts },
      account: account.id,
      hasStack: stack !== undefined,
      site,
      buckets: [...buckets],
      hasAccessControl: noted.some((one) => one.kind === 'access_control') || stack !== undefined,
      // A nested stack is deleted with the stack that contains it.
      otherStacks: stacks.filter((arn) => !isInStack(arn)),
      kept: others.filter((arn) => !stacks.includes(arn)),
    },
    holds: (arn) => parts.includes(nameIn(arn)) || isInStack(arn),
  }
}

/** What the plan destroys, in words for the user and in the order of the destruction. */
export const namesIn = (
  guid: string,
  { hasStack, site, buckets, hasAccessControl, otherStacks }: DestroyPlan,
) => [
  ...otherStacks.map((arn) => `stack ${stackNameIn(arn)}, the agent’s own`),
  ...(hasStack ? [`stack ${stackNameOf(guid)}`] : []),
  ...(site?.distribution ? [`distribution ${site.distribution} (${site.domain})`] : []),
  ...(hasAccessControl ? ['access control (unless another site uses it)'] : []),
  ...buckets.map((bucket) => `bucket ${bucket}, with all releases`),
]
