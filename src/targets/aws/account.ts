import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromEnv, fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { notReady, usageError } from '../../errors.ts'
import type { World } from '../../world/world.ts'
import { explainAwsError, loginCure, saysThat } from './aws-errors.ts'
import { makeRequestHandler, makeRetries } from './connection.ts'
import type { AwsPlace } from './messages.ts'

/** An account whose identity was looked at. */
export interface Account extends AwsPlace {
  readonly id: string
  readonly arn: string
  readonly sts: STSClient
  readonly stacks: CloudFormationClient
  readonly cloudFront: CloudFrontClient
  readonly s3: S3Client
  readonly loadBalancers: ElasticLoadBalancingV2Client
  readonly tags: ResourceGroupsTaggingAPIClient
  /** Tags of CloudFront, which lives in one region. */
  readonly globalTags: ResourceGroupsTaggingAPIClient
  /**
   * Credentials that last for the next step, exit 5 otherwise. What takes minutes wants them to last: CloudFormation works
   * with those it was called with. They are renewed for it, and those that cannot be are tried as they are.
   */
  requireFresh(wantedMs?: number): Promise<void>
  /** Gives AWS time; a signal ends it with its reason. */
  pause(durationMs: number): Promise<void>
}

/** CloudFront's own, whatever the site's region. */
export const globalRegion = 'us-east-1'
const freshMs = 60_000
/** A distribution is made or deleted within it. */
export const distributionMs = 20 * 60_000
/** The SDK would warn of keys beside a profile: the profile wins. */
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Opens the account of a profile. Exit 5 for root and for what AWS refuses, 2 for an account that is not allowed. */
export async function openAccount(world: World, place: AwsPlace): Promise<Account> {
  const { profile, region } = place
  if (/^(cn|us-gov|us-iso|us-isob|eu-isoe|us-isof|eusc)-/.test(region))
    throw usageError(
      `The region ${region} belongs to a part of AWS of its own, which is not supported: CloudFront is elsewhere there.`,
      'register, refine, destroy and inventory take another one with --region',
    )
  const requestHandler = makeRequestHandler(world.signal)
  const provider =
    profile === undefined && world.env.AWS_ACCESS_KEY_ID
      ? fromEnv()
      : fromNodeProviderChain({
          logger: silent,
          clientConfig: { requestHandler },
          ...(profile === undefined ? {} : { profile }),
        })
  // Else each client keeps credentials of its own, and never hears of those that were renewed.
  const credentials = Object.assign(provider, { memoized: true })
  const shared = { credentials, requestHandler, retryStrategy: makeRetries(world) }
  const sts = new STSClient({ ...shared, region })
  const requireFresh = async (wantedMs = freshMs) => {
    const isFresh = ({ expiration }: { readonly expiration?: Date }, ms = freshMs) =>
      expiration === undefined || expiration.getTime() - world.now() > ms
    const explain = async (error: unknown) => {
      world.signal.throwIfAborted()
      throw explainAwsError(await findReason(error, place), profile)
    }
    const present = await credentials().catch(explain)
    if (isFresh(present, wantedMs)) return
    const renewed = await credentials({ forceRefresh: true }).catch((error: unknown) =>
      isFresh(present) ? present : explain(error),
    )
    if (!isFresh(renewed))
      throw notReady(
        'The AWS credentials are about to expire.',
        `${loginCure('', profile)}, then run the same again: it goes on`,
      )
  }
  await requireFresh()
  const { Account: id = '', Arn: arn = '' } = await sts
    .send(new GetCallerIdentityCommand({}))
    .catch((error: unknown) => {
      throw explainAwsError(error, profile)
    })
  if (/:root$/.test(arn))
    throw notReady(
      'These are the credentials of the account’s root user: nothing is deployed with them.',
      'Make a profile with the policy in templates/aws/deployer-policy.json',
    )
  if (place.accounts.length > 0 && !place.accounts.includes(id))
    throw usageError(
      `The profile leads to the AWS account ${id}, which is none of the allowed ones (${place.accounts.join(', ')}).`,
      'register and refine take the right profile with --aws-profile, and allow an account with --aws-account',
    )
  return {
    ...place,
    id,
    arn,
    sts,
    stacks: new CloudFormationClient({ ...shared, region }),
    cloudFront: new CloudFrontClient({ ...shared, region: globalRegion }),
    s3: new S3Client({ ...shared, region }),
    loadBalancers: new ElasticLoadBalancingV2Client({ ...shared, region }),
    tags: new ResourceGroupsTaggingAPIClient({ ...shared, region }),
    globalTags: new ResourceGroupsTaggingAPIClient({ ...shared, region: globalRegion }),
    requireFresh,
    pause: async (durationMs) => {
      await world.sleep(durationMs, world.signal)
      world.signal.throwIfAborted()
    },
  }
}

/** The SDK's chain of providers only tells that none had credentials; the profile tells why. */
async function findReason(error: unknown, { profile }: AwsPlace): Promise<unknown> {
  if (!saysThat(error, /Could not load credentials from any providers/)) return error
  const provider = fromIni(profile === undefined ? {} : { profile })
  return provider().then(
    () => error,
    (reason: unknown) => reason,
  )
}
