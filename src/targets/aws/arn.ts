import type { Account } from './account.ts'
import type { Site } from './messages.ts'

export const distributionIdOf = (arn: string): string | undefined =>
  /:cloudfront:.*:distribution\/(\w+)$/.exec(arn)?.[1]

export const bucketNameOf = (arn: string): string | undefined => /:s3:::([^/]+)$/.exec(arn)?.[1]

/** `arn:aws:cloudfront::123456789012:function/NAME` → NAME. */
export const functionNameIn = (arn: string): string | undefined =>
  /:cloudfront:.*:function\/([\w-]+)$/.exec(arn)?.[1]

/** `arn:aws:cloudformation:us-east-1:123456789012:stack/NAME/ID` → NAME. */
export const stackNameIn = (arn: string): string | undefined =>
  /:cloudformation:[^:]*:\d*:stack\/([^/]+)\//.exec(arn)?.[1]

/** One of the kinds that have an address of their own; a classic one has another API. */
export const isLoadBalancer = (arn: string): boolean =>
  /:elasticloadbalancing:.*:loadbalancer\/(app|net)\//.test(arn)

/** A distribution's id, a function's or a bucket's name, of all else the ARN itself. */
export const nameIn = (arn: string): string =>
  distributionIdOf(arn) ?? functionNameIn(arn) ?? bucketNameOf(arn) ?? arn

/** The parts of our stack that cost something or hold something. */
export function arnsOf(account: Account, site: Site): string[] {
  const partition = account.arn.split(':')[1] ?? 'aws'
  return [
    site.stackId,
    ...(site.distribution
      ? [`arn:${partition}:cloudfront::${account.id}:distribution/${site.distribution}`]
      : []),
    ...(site.router ? [site.router] : []),
    ...(site.bucket ? [`arn:${partition}:s3:::${site.bucket}`] : []),
  ]
}
