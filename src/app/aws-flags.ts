import { usageError } from '../errors.ts'
import type { AwsGiven } from '../targets/aws/messages.ts'

/** Which profile and region to use in AWS. */
export const parseAwsFlags = (flags: {
  readonly awsProfile?: string
  readonly region?: string
}): AwsGiven => ({
  profile: flags.awsProfile === undefined ? undefined : parseAwsProfile(flags.awsProfile),
  region: flags.region === undefined ? undefined : parseRegion(flags.region),
})

export function parseAwsProfile(text: string): string {
  if (/^[^\x00-\x1f\x7f[\]]{1,128}$/.test(text) && text.trim() !== '') return text
  throw usageError(
    `Not an AWS profile’s name: ${JSON.stringify(text)}.`,
    'Give a name from ~/.aws/config with --aws-profile',
  )
}

export function parseRegion(text: string): string {
  if (/^[a-z]{2,}(-[a-z0-9]+)+$/.test(text)) return text
  throw usageError(`Not an AWS region: ${JSON.stringify(text)}.`, 'Give --region us-east-1')
}
