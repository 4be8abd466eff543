import { GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import { DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Account } from './account.ts'
import { distributionIdOf, isLoadBalancer } from './arn.ts'
import { isNamed } from './aws-errors.ts'

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
