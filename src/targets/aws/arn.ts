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

/** Whether it is an application or network load balancer; classic ones have another API. */
export const isLoadBalancer = (arn: string): boolean =>
  /:elasticloadbalancing:.*:loadbalancer\/(app|net)\//.test(arn)

/** A distribution's id, a function's or a bucket's name; for other kinds, the ARN itself. */
export const nameIn = (arn: string): string =>
  distributionIdOf(arn) ?? functionNameIn(arn) ?? bucketNameOf(arn) ?? arn

/** The session's stack and those of its parts that cost money or hold data. */
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

/**
 * Rough monthly costs in US dollars at low usage, without traffic: list prices of us-east-1 in 2026, which give an
 * order of magnitude. The keys are `service:type` of an ARN, or its service.
 */
const monthlyDollars: Readonly<Record<string, number>> = {
  s3: 0.03,
  cloudfront: 0,
  cloudformation: 0,
  lambda: 0,
  apigateway: 0.1,
  dynamodb: 1,
  logs: 0.5,
  'cloudwatch:alarm': 0.1,
  secretsmanager: 0.4,
  kms: 1,
  'route53:hostedzone': 0.5,
  ecr: 0.5,
  'ecs:service': 10,
  'ec2:instance': 15,
  'ec2:natgateway': 33,
  'ec2:elastic-ip': 3.6,
  'ec2:volume': 1.6,
  elasticloadbalancing: 17,
  elasticache: 12,
  rds: 15,
  es: 26,
  eks: 73,
}

/** `arn:aws:ec2:us-east-1:123456789012:natgateway/nat-1` → its row of the table, or 0 if it has none. */
export function monthlyDollarsOf(arn: string): number {
  const [, , service = '', , , ...rest] = arn.split(':')
  const type = rest.join(':').split(/[/:]/)[0] ?? ''
  return monthlyDollars[`${service}:${type}`] ?? monthlyDollars[service] ?? 0
}

/** The ledger's word for the kind of resource, or else the service and type in the ARN. */
export function kindOf(arn: string): string {
  if (distributionIdOf(arn)) return 'distribution'
  if (functionNameIn(arn)) return 'function'
  if (bucketNameOf(arn)) return 'bucket'
  const [, , service = '', , , ...rest] = arn.split(':')
  if (service === 'cloudformation') return 'stack'
  return `${service} ${rest.join(':').split(/[/:]/)[0] ?? ''}`.trim()
}
