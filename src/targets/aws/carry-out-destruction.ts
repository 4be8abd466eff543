import {
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3'
import { notReady } from '../../errors.ts'
import type { Store } from '../../store/database.ts'
import { listResources, type Resource, recordResource } from '../../store/resources.ts'
import type { World } from '../../world/world.ts'
import { accessControlName, deleteUnusedAccessControl } from './access-control.ts'
import { type Account, distributionMs, openAccount } from './account.ts'
import { stackNameIn } from './arn.ts'
import { explainAwsError, explainStackFailure, isNamed } from './aws-errors.ts'
import { deleteStack } from './change-stack.ts'
import type { CarriedOut, DestroyPlan } from './messages.ts'
import { liesIn } from './places.ts'
import { namesIn } from './plan-destruction.ts'
import { readFailure, stackNameOf } from './stack.ts'

/**
 * Destroys what the plan names. The bucket goes after the stack with the distribution, because anybody could
 * take a free bucket name that a distribution still points at. After an interruption, a second run continues.
 */
export async function carryOut(
  world: World,
  store: Store,
  guid: string,
  plan: DestroyPlan,
): Promise<CarriedOut> {
  if (namesIn(guid, plan).length === 0) return { destroyed: [], left: [] }
  const { place, hasStack, site, buckets, hasAccessControl, otherStacks } = plan
  const account = await openPlanned(world, plan)
  const note = async (kind: Resource['kind'], name: string, state: Resource['state']) => {
    const { profile, region } = place
    await store.transact((tx) =>
      recordResource(tx, { guid, account: plan.account, region, kind, name, profile, state }),
    )
  }
  const say = (text: string) => world.notice(text)
  const name = stackNameOf(guid)
  try {
    await account.requireFresh(distributionMs)
    // The ledger is written first, because only it knows the buckets' names once the stack is gone.
    for (const bucket of buckets) await note('bucket', bucket, 'made')
    const left = await deleteOtherStacks(world, account, otherStacks)
    if (hasStack) say(`deleting the stack ${name}: its distribution takes some minutes`)
    if (hasStack && !(await deleteStack(account, name)))
      throw explainStackFailure(
        `The stack ${name} could not be deleted:`,
        await readFailure(account, name),
        account.profile,
      )
    for (const one of listResources(store, guid))
      if (liesIn(one, account) && (one.kind === 'stack' || one.kind === 'distribution'))
        await note(one.kind, one.name, 'deleted')
    if (site?.distribution) await note('distribution', site.distribution, 'deleted')
    if (hasAccessControl) await deleteUnusedAccessControl(account)
    for (const bucket of buckets) {
      say(`emptying and deleting the bucket ${bucket}`)
      await deleteBucket(account, bucket)
      await note('bucket', bucket, 'deleted')
    }
    // If another site still uses it, the destruction of that site will delete it.
    await note('access_control', accessControlName, 'deleted')
    const gone = otherStacks.filter((arn) => !left.some((one) => one.arn === arn))
    return {
      destroyed: namesIn(guid, { ...plan, otherStacks: gone }),
      left: left.map(({ text }) => text),
    }
  } catch (error) {
    throw explainAwsError(error, account.profile)
  }
}

/** Opens the planned account again, and refuses if the profile leads elsewhere by now. */
async function openPlanned(
  world: World,
  { place, account: planned }: DestroyPlan,
): Promise<Account> {
  const account = await openAccount(world, place).catch((error: unknown) => {
    throw explainAwsError(error, place.profile)
  })
  if (account.id === planned) return account
  throw notReady(
    `The credentials now lead to the AWS account ${account.id} and no longer to ${planned}.`,
    'Run the same command again with credentials of one account',
  )
}

/** A stack that could not be deleted. */
interface StackLeft {
  readonly arn: string
  /** The stack's name and why it was not deleted, for the user. */
  readonly text: string
}

/**
 * Deletes the agent's own stacks and returns those that remain, because the profile may lack rights to their
 * resources. A stack whose output another one uses can only be deleted after it, so each round that deletes one
 * is followed by another.
 */
async function deleteOtherStacks(
  world: World,
  account: Account,
  stacks: readonly string[],
): Promise<StackLeft[]> {
  for (let rest = stacks; ; ) {
    const left: StackLeft[] = []
    for (const arn of rest) {
      const reason = await deleteOtherStack(world, account, arn)
      if (reason !== undefined) left.push({ arn, text: `stack ${stackNameIn(arn)}: ${reason}` })
    }
    if (left.length === 0 || left.length === rest.length) return left
    rest = left.map(({ arn }) => arn)
  }
}

/** Deletes one stack. Returns the reason if it remains, else `undefined`. */
async function deleteOtherStack(
  world: World,
  account: Account,
  arn: string,
): Promise<string | undefined> {
  world.notice(`deleting the agent’s stack ${stackNameIn(arn)}`)
  try {
    await account.requireFresh(distributionMs)
    if (await deleteStack(account, arn)) return undefined
    return await readFailure(account, arn)
  } catch (error) {
    const explained = explainAwsError(error, account.profile)
    if (world.signal.aborted || !(explained instanceof Error)) throw error
    return explained.message
  }
}

/** Deletes a bucket of this account with all versions of its objects, unless it is gone already. */
async function deleteBucket(account: Account, bucket: string): Promise<void> {
  // The expected owner keeps another account's bucket of the same name safe.
  const target = { Bucket: bucket, ExpectedBucketOwner: account.id }
  try {
    for (;;) {
      await account.requireFresh()
      const page = await account.s3.send(new ListObjectVersionsCommand(target))
      const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(
        ({ Key, VersionId }) => (Key === undefined ? [] : [{ Key, VersionId }]),
      )
      if (found.length === 0) break
      const { Errors = [] } = await account.s3.send(
        new DeleteObjectsCommand({ ...target, Delete: { Objects: found, Quiet: true } }),
      )
      const [first] = Errors
      if (first) throw Object.assign(new Error(first.Message), { name: first.Code, $metadata: {} })
    }
    await account.s3.send(new DeleteBucketCommand(target))
  } catch (error) {
    if (!isNamed(error, 'NoSuchBucket')) throw error
  }
}
