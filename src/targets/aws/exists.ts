import { DescribeFunctionCommand, GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Account } from './account.ts'
import {
  bucketNameOf,
  distributionIdOf,
  functionNameIn,
  isLoadBalancer,
  stackNameIn,
} from './arn.ts'
import { isNamed } from './aws-errors.ts'
import { hasBucket } from './bucket.ts'
import { findStack } from './stack.ts'

/**
 * The tagging API names what is gone for hours yet. Stacks, distributions and their functions, buckets and load
 * balancers are looked up; all else, and what may not be looked at, is believed.
 */
export async function exists(account: Account, arn: string): Promise<boolean> {
  try {
    return await isFound(account, arn)
  } catch (error) {
    if (
      isNamed(error, 'NoSuchDistribution', 'NoSuchFunctionExists', 'LoadBalancerNotFoundException')
    )
      return false
    if (isNamed(error, 'AccessDenied', 'AccessDeniedException')) return true
    throw error
  }
}

async function isFound(account: Account, arn: string): Promise<boolean> {
  const distribution = distributionIdOf(arn)
  const router = functionNameIn(arn)
  const bucket = bucketNameOf(arn)
  if (stackNameIn(arn) !== undefined) return (await findStack(account, arn)) !== undefined
  if (distribution !== undefined)
    await account.cloudFront.send(new GetDistributionCommand({ Id: distribution }))
  if (router !== undefined)
    await account.cloudFront.send(new DescribeFunctionCommand({ Name: router }))
  if (isLoadBalancer(arn))
    await account.loadBalancers.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }))
  return bucket === undefined || (await hasBucket(account, bucket))
}

/** Does that distribution or load balancer answer at the host? What is gone does not; nor does anything else. */
export async function answersAt(account: Account, arn: string, host: string): Promise<boolean> {
  try {
    return (await hostsOf(account, arn)).some((name) => name?.toLowerCase() === host.toLowerCase())
  } catch (error) {
    if (isNamed(error, 'NoSuchDistribution', 'LoadBalancerNotFoundException')) return false
    // What may not be looked at shows nothing.
    if (isNamed(error, 'AccessDenied', 'AccessDeniedException')) return false
    throw error
  }
}

async function hostsOf(account: Account, arn: string): Promise<(string | undefined)[]> {
  const id = distributionIdOf(arn)
  if (id !== undefined) {
    const { Distribution } = await account.cloudFront.send(new GetDistributionCommand({ Id: id }))
    return [Distribution?.DomainName, ...(Distribution?.DistributionConfig?.Aliases?.Items ?? [])]
  }
  if (isLoadBalancer(arn)) {
    const { LoadBalancers = [] } = await account.loadBalancers.send(
      new DescribeLoadBalancersCommand({ LoadBalancerArns: [arn] }),
    )
    return LoadBalancers.map(({ DNSName }) => DNSName)
  }
  return []
}
