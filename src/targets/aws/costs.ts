/**
 * What a thing costs roughly a month, in US dollars, when little used: list prices of us-east-1 in 2026, for an order of
 * magnitude. Traffic comes on top. By `service:type` of its ARN, or by service.
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

/** `arn:aws:ec2:us-east-1:123456789012:natgateway/nat-1` → its row of the table; 0 for what is not in it. */
export function monthlyDollarsOf(arn: string): number {
  const [, , service = '', , , ...rest] = arn.split(':')
  const type = rest.join(':').split(/[/:]/)[0] ?? ''
  return monthlyDollars[`${service}:${type}`] ?? monthlyDollars[service] ?? 0
}
