import type { Context } from '../../context.ts'
import type { Store } from '../../store/open.ts'
import { listResources, type Resource, recordResource } from '../../store/resources.ts'
import { accessControlName, deleteUnusedAccessControl } from './access-control.ts'
import { type Account, distributionMs, openAccount } from './account.ts'
import { arnsOf, bucketNameOf, nameIn, stackNameIn } from './arn.ts'
import { deleteBucket } from './bucket.ts'
import { explainAwsError, explainStackFailure } from './errors.ts'
import { exists } from './exists.ts'
import { deleteOtherStacks, readStackParts } from './other-stacks.ts'
import { listPlaces } from './places.ts'
import { deleteStack, readFailure, type Site, siteOf, stackNameOf, waitForStack } from './stack.ts'
import { listTagged } from './tagged.ts'

/** What is to be destroyed in one account and region, and what may not be touched. */
export interface DestroyPlan {
  readonly account: Account
  readonly hasStack: boolean
  readonly site: Site | undefined
  readonly buckets: readonly string[]
  /** The shared access control was made for this session or used by it. */
  readonly hasAccessControl: boolean
  /** Ids of stacks that carry the GUID: the agent's own CloudFormation. */
  readonly otherStacks: readonly string[]
  /** What our stack is made of, by name or ARN. */
  readonly parts: readonly string[]
  /** Carries the GUID, is part of none of these, and was not made by the helper. */
  readonly kept: readonly string[]
}

export async function planDestruction(
  context: Context,
  store: Store,
  guid: string,
  flags: { readonly awsProfile?: string; readonly region?: string },
): Promise<DestroyPlan[]> {
  const given = { profile: flags.awsProfile, region: flags.region }
  const plans: DestroyPlan[] = []
  for (const place of await listPlaces(store, guid, given))
    try {
      plans.push(await planIn(context, store, guid, await openAccount(context, place)))
    } catch (error) {
      throw explainAwsError(error, place.profile)
    }
  // A distribution is seen from every region, and belongs to the stack of one.
  const parts = new Set(plans.flatMap((plan) => plan.parts))
  return plans.map((plan) => ({
    ...plan,
    kept: plan.kept.filter((arn) => !parts.has(nameIn(arn))),
  }))
}

async function planIn(
  context: Context,
  store: Store,
  guid: string,
  account: Account,
): Promise<DestroyPlan> {
  const stack = await waitForStack(context, account, stackNameOf(guid))
  const site = stack && siteOf(stack)
  const tagged = (await listTagged(account, guid)).map(({ arn }) => arn)
  const noted = listResources(store, guid).filter(
    (one) => one.account === account.id && one.region === account.region,
  )
  const buckets = new Set(noted.filter((one) => one.kind === 'bucket').map((one) => one.name))
  if (site?.bucket) buckets.add(site.bucket)
  const isOurBucket = (name: string) =>
    buckets.has(name) || name.startsWith(stackNameOf(guid).slice(0, 24))
  for (const name of tagged.map(bucketNameOf)) if (name && isOurBucket(name)) buckets.add(name)
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
  const isInStack = await readStackParts(account, stacks)
  // A nested one goes with the one that it is in.
  const otherStacks = stacks.filter((arn) => !isInStack(arn))
  return {
    account,
    hasStack: stack !== undefined,
    site,
    buckets: [...buckets],
    hasAccessControl: noted.some((one) => one.kind === 'access_control') || stack !== undefined,
    otherStacks,
    parts,
    kept: others.filter((arn) => !stacks.includes(arn) && !isInStack(arn)),
  }
}

/** The plan in words, in the order in which it is carried out. */
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

/**
 * Carries a plan out: the stack with the distribution first, the bucket last, so that no bucket's name is free while an
 * address points at it. Cut short anywhere and done again, it goes on. Returns which of the agent's own stacks could
 * not be deleted, and why.
 */
export async function carryOut(
  context: Context,
  store: Store,
  guid: string,
  { account, hasStack, site, buckets, hasAccessControl, otherStacks }: DestroyPlan,
): Promise<string[]> {
  const note = (kind: Resource['kind'], name: string, state: Resource['state']) => {
    const { id, region, profile } = account
    recordResource(store, { guid, account: id, region, kind, name, profile, state })
  }
  const say = (text: string) => context.stderr.write(`${text}\n`)
  const name = stackNameOf(guid)
  try {
    await account.requireFresh(distributionMs)
    // Noted before the stack goes: then nothing else knows their names.
    for (const bucket of buckets) note('bucket', bucket, 'made')
    const left = await deleteOtherStacks(context, account, otherStacks)
    if (hasStack) say(`deleting the stack ${name}: its distribution takes some minutes`)
    if (hasStack && !(await deleteStack(context, account, name)))
      throw explainStackFailure(
        `The stack ${name} could not be deleted:`,
        await readFailure(account, name),
        account.profile,
      )
    for (const one of listResources(store, guid))
      if (one.account === account.id && one.region === account.region)
        if (one.kind === 'stack' || one.kind === 'distribution') note(one.kind, one.name, 'deleted')
    if (site?.distribution) note('distribution', site.distribution, 'deleted')
    if (hasAccessControl) await deleteUnusedAccessControl(account)
    for (const bucket of buckets) {
      say(`emptying and deleting the bucket ${bucket}`)
      await deleteBucket(account, bucket)
      note('bucket', bucket, 'deleted')
    }
    // Another site may go on using it: then it is that one's to delete.
    note('access_control', accessControlName, 'deleted')
    return left
  } catch (error) {
    throw explainAwsError(error, account.profile)
  }
}
