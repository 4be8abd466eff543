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
 * Carries a plan out: the stack with the distribution first, the bucket last, so that no bucket's name is free while an
 * address points at it. Cut short anywhere and done again, it goes on.
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
    // Noted before the stack goes: then nothing else knows their names.
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
    // Another site may go on using it: then it is that one's to delete.
    await note('access_control', accessControlName, 'deleted')
    const gone = otherStacks.filter((arn) => !left.some((one) => one.arn === arn))
    return {
      destroyed: namesIn(guid, { ...plan, otherStacks: gone }),
      left: left.map(({ told }) => told),
    }
  } catch (error) {
    throw explainAwsError(error, account.profile)
  }
}

/** The account that was planned in, opened anew: the profile may lead elsewhere since. */
async function openPlanned(
  world: World,
  { place, account: planned }: DestroyPlan,
): Promise<Account> {
  const account = await openAccount(world, place).catch((error: unknown) => {
    throw explainAwsError(error, place.profile)
  })
  if (account.id === planned) return account
  throw notReady(
    `The credentials lead to the AWS account ${account.id} now, and not to ${planned} any more.`,
    'Run the same again with credentials of one account',
  )
}

/** A stack that could not be deleted. */
export interface StackLeft {
  readonly arn: string
  /** Its name and the reason. */
  readonly told: string
}

/**
 * Deletes the agent's own stacks. Returns what stays: the profile may have no right to what is in it. One whose output
 * another uses can be deleted after that one only, so what is left is tried again as long as something goes.
 */
export async function deleteOtherStacks(
  world: World,
  account: Account,
  stacks: readonly string[],
): Promise<StackLeft[]> {
  for (let rest = stacks; ; ) {
    const left: StackLeft[] = []
    for (const arn of rest) {
      const reason = await deleteOtherStack(world, account, arn)
      if (reason !== undefined) left.push({ arn, told: `stack ${stackNameIn(arn)}: ${reason}` })
    }
    if (left.length === 0 || left.length === rest.length) return left
    rest = left.map(({ arn }) => arn)
  }
}

/** `undefined`: it is gone; else why it is not. */
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
    const told = explainAwsError(error, account.profile)
    if (world.signal.aborted || !(told instanceof Error)) throw error
    return told.message
  }
}

/** Empties a bucket of this account, old versions too, and deletes it. One that is gone already is fine. */
export async function deleteBucket(account: Account, bucket: string): Promise<void> {
  // Somebody else's of that name is never touched.
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
