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

/** An AWS account whose id was read from AWS, with clients for its services. */
export interface Account extends AwsPlace {
  readonly id: string
  readonly arn: string
  readonly sts: STSClient
  readonly stacks: CloudFormationClient
  readonly cloudFront: CloudFrontClient
  readonly s3: S3Client
  readonly loadBalancers: ElasticLoadBalancingV2Client
  readonly tags: ResourceGroupsTaggingAPIClient
  /** Reads tags of CloudFront, whose resources all lie in one region. */
  readonly globalTags: ResourceGroupsTaggingAPIClient
  /**
   * Renews credentials that expire within `wantedMs`; throws `not_ready` if they are about to expire and cannot
   * be renewed. Steps that take minutes ask for more time, because CloudFormation keeps using the credentials
   * that it was called with. If a renewal gives no more time, the step is tried anyway.
   */
  requireFresh(wantedMs?: number): Promise<void>
  /** Waits for a while; an abort of the world's signal ends it and throws the signal's reason. */
  pause(durationMs: number): Promise<void>
}

/** CloudFront's resources lie in this region, whichever region the site uses. */
export const globalRegion = 'us-east-1'
const freshMs = 60_000
/** Creating or deleting a distribution takes no longer than this. */
export const distributionMs = 20 * 60_000
/** Silences the SDK's warning about keys beside a profile, because the profile is meant to win. */
const silent = { debug() {}, info() {}, warn() {}, error() {} }

/** Opens the profile's account. Exit 5 for a root user or a refusal of AWS, 2 for a forbidden account. */
export async function openAccount(world: World, place: AwsPlace): Promise<Account> {
  const { profile, region } = place
  if (/^(cn|us-gov|us-iso|us-isob|eu-isoe|us-isof|eusc)-/.test(region))
    throw usageError(
      `The region ${region} belongs to a separate AWS partition, which is not supported.`,
      'register, refine, destroy and inventory accept another one with --region',
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
  // Without this mark, each client caches credentials of its own and misses those that were renewed.
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
        `${loginCure('', profile)}, then run the same command again to continue`,
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
      'Create a profile with the policy in templates/aws/deployer-policy.json',
    )
  if (place.accounts.length > 0 && !place.accounts.includes(id))
    throw usageError(
      `The profile leads to the AWS account ${id}, which is not one of the allowed accounts (${place.accounts.join(', ')}).`,
      'Give register or refine the right profile with --aws-profile, or allow the account with --aws-account',
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

/** The SDK's chain of providers does not say why none had credentials, so the profile's own provider is asked. */
async function findReason(error: unknown, { profile }: AwsPlace): Promise<unknown> {
  if (!saysThat(error, /Could not load credentials from any providers/)) return error
  const provider = fromIni(profile === undefined ? {} : { profile })
  return provider().then(
    () => error,
    (reason: unknown) => reason,
  )
}
