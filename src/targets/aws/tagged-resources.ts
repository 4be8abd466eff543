import { DescribeFunctionCommand, GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { HeadBucketCommand, type S3ServiceException } from '@aws-sdk/client-s3'
import { type Account, globalRegion } from './account.ts'
import {
  bucketNameOf,
  distributionIdOf,
  functionNameIn,
  isLoadBalancer,
  stackNameIn,
} from './arn.ts'
import { isNamed } from './aws-errors.ts'
import { findStack } from './stack.ts'

export interface Tagged {
  readonly arn: string
  readonly guid: string
}

const tagName = 'tmux-builder:guid'

/** Everything in the account's region, and of CloudFront, that carries a GUID, or this one. What is new may be missing for minutes. */
export async function listTagged(account: Account, guid: string | undefined): Promise<Tagged[]> {
  const found = new Map<string, Tagged>()
  const clients =
    account.region === globalRegion ? [account.tags] : [account.tags, account.globalTags]
  for (const client of clients)
    for (let token: string | undefined; ; ) {
      const page = await client.send(
        new GetResourcesCommand({
          TagFilters: [{ Key: tagName, ...(guid === undefined ? {} : { Values: [guid] }) }],
          ...(token ? { PaginationToken: token } : {}),
        }),
      )
      // There, what belongs to that region is another place's.
      for (const { ResourceARN: arn = '', Tags = [] } of page.ResourceTagMappingList ?? [])
        if (client === account.tags || arn.includes(':cloudfront:'))
          found.set(arn, { arn, guid: Tags.find(({ Key }) => Key === tagName)?.Value ?? '' })
      token = page.PaginationToken
      if (!token) break
    }
  return [...found.values()]
}

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

/** Is there a bucket of this account with that name? One that may not be looked at is believed. */
export async function hasBucket(account: Account, bucket: string): Promise<boolean> {
  try {
    await account.s3.send(
      new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account.id }),
    )
    return true
  } catch (error) {
    // An answer to HEAD has no body, and so no code.
    const status = (error as S3ServiceException).$metadata?.httpStatusCode
    if (status === 404) return false
    if (status === 403) return true
    throw error
  }
}
