import { GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import type { Account } from './account.ts'
import { distributionIdOf, stackNameIn } from './arn.ts'
import { isNamed } from './errors.ts'
import { findStack } from './stack.ts'

/** The tagging API names what is gone for some time yet. Distributions and stacks are looked up; all else is believed. */
export async function exists(account: Account, arn: string): Promise<boolean> {
  if (stackNameIn(arn) !== undefined) return (await findStack(account, arn)) !== undefined
  const id = distributionIdOf(arn)
  if (id === undefined) return true
  try {
    await account.cloudFront.send(new GetDistributionCommand({ Id: id }))
    return true
  } catch (error) {
    if (isNamed(error, 'NoSuchDistribution')) return false
    throw error
  }
}
