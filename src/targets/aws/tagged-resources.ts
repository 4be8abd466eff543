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

/**
 * Lists the account's tagged resources in its region and of CloudFront: those of one session, or of all. AWS
 * lists new ones some minutes late.
 */
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
      // Other resources of the global region belong to the place in that region.
      for (const { ResourceARN: arn = '', Tags = [] } of page.ResourceTagMappingList ?? [])
        if (client === account.tags || arn.includes(':cloudfront:'))
          found.set(arn, { arn, guid: Tags.find(({ Key }) => Key === tagName)?.Value ?? '' })
      token = page.PaginationToken
      if (!token) break
    }
  return [...found.values()]
}

/**
 * Whether a listed resource still exists, because the tagging API lists deleted ones for hours. Stacks,
 * distributions, functions, buckets and load balancers are looked up. Other kinds, and those that AWS does not
 * let us see, count as existing.
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

/** Whether this is a distribution or load balancer that answers at the host. */
export async function answersAt(account: Account, arn: string, host: string): Promise<boolean> {
  try {
    return (await hostsOf(account, arn)).some((name) => name?.toLowerCase() === host.toLowerCase())
  } catch (error) {
    if (isNamed(error, 'NoSuchDistribution', 'LoadBalancerNotFoundException')) return false
    // Without the right to look, there is no proof that it answers there.
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

/** Whether the account has a bucket of that name. One that AWS does not let us see counts as existing. */
export async function hasBucket(account: Account, bucket: string): Promise<boolean> {
  try {
    await account.s3.send(
      new HeadBucketCommand({ Bucket: bucket, ExpectedBucketOwner: account.id }),
    )
    return true
  } catch (error) {
    // A response to HEAD has no body with an error code, so only the status tells.
    const status = (error as S3ServiceException).$metadata?.httpStatusCode
    if (status === 404) return false
    if (status === 403) return true
    throw error
  }
}
