import type { World } from '../../world/world.ts'
import { type Account, distributionMs } from './account.ts'
import { stackNameIn } from './arn.ts'
import { explainAwsError } from './aws-errors.ts'
import { deleteStack, readFailure } from './stack.ts'

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
