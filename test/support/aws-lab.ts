/** The built program with AWS on loopback, and sessions with a build that may deploy. */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  CloudFormationClient,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation'
import {
  CloudFrontClient,
  ListDistributionsCommand,
  ListInvalidationsCommand,
  ListOriginAccessControlsCommand,
} from '@aws-sdk/client-cloudfront'
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { BuildPlace } from '../../src/domain/build-settings.ts'
import { guidOf, type Identity } from '../../src/domain/identity.ts'
import { createBuild, updateBuild } from '../../src/store/builds.ts'
import { openStore } from '../../src/store/database.ts'
import { ensureSession } from '../../src/store/sessions.ts'
import { siteOf, stackNameOf } from '../../src/targets/aws/stack.ts'
import { type CliLab, openCliLab } from './cli-lab.ts'

export const credentials = { AWS_ACCESS_KEY_ID: 'AKIDTEST', AWS_SECRET_ACCESS_KEY: 'secret' }

/** The environment of a program that deploys to that moto or gate, and to nothing else. */
export const awsEnv = (url: string) => ({ ...credentials, AWS_ENDPOINT_URL: url })

export const identityOf = (number: number): Identity => ({
  email: `user${number}@example.com`,
  phone: '+15551234567',
  project: undefined,
})

const settings = {
  timeoutMs: 3_600_000,
  attemptTimeoutMs: null,
  stallTimeoutMs: 900_000,
  retryDelayMs: 1,
  limitWaitMs: 1,
  approvalTimeoutMs: 1_000,
  budgetDollars: null,
  questionPolicy: 'wait',
  costThreshold: 100,
  maxAttempts: 3,
  verify: true,
  verifyTimeoutMs: 5_000,
  connectTo: [],
  domains: [],
  awsAccounts: [],
  awsAgentRole: null,
  requireProof: 'live',
  templates: null,
  variables: { aws_profile: '' },
} as const

/** What `register` would have recorded with these settings. */
function placeOf({ variables, awsAccounts, awsAgentRole }: Record<string, unknown>): BuildPlace {
  const { aws_profile: profile = 'sunware', default_region: region = 'us-east-1' } =
    variables as Record<string, string>
  return {
    profile: profile || undefined,
    region,
    accounts: awsAccounts as string[],
    role: (awsAgentRole as string | null) ?? undefined,
  }
}

/** The address that our moto gives the stack of that GUID. */
export const hostOf = (guid: string) =>
  `d${createHash('sha1').update(stackNameOf(guid)).digest('hex').slice(0, 13)}.cloudfront.net`

/** A session whose build is in its first attempt, as its agent would find it; nothing runs. */
export async function makeSession(
  lab: CliLab,
  number = 1,
  more: Record<string, unknown> = {},
): Promise<string> {
  const identity = identityOf(number)
  const guid = guidOf(identity)
  const store = await openStore(join(lab.home, 'tmux-builder.db'), { create: true })
  await store.transact((tx) => ensureSession(tx, guid, identity))
  const build = await store.transact((tx) =>
    createBuild(tx, {
      guid,
      command: 'register',
      requestHash: '0'.repeat(64),
      requestBytes: 1,
      requestFile: 'prompts/001-request.md',
      agent: 'demo',
      agentOptions: {},
      target: 'aws',
      settings: { ...settings, ...more } as never,
      place: placeOf({ ...settings, ...more }),
    }),
  )
  await store.transact((tx) => updateBuild(tx, { guid, build }, { state: 'deploying', attempt: 1 }))
  store.close()
  for (const name of ['workspace/code', 'site', 'prompts', 'logs', 'agent'])
    mkdirSync(join(lab.folderOf(guid), name), { recursive: true, mode: 0o700 })
  return guid
}

export const page = (text: string) =>
  `<!doctype html><html lang="en"><title>${text}</title><main><h1>${text}</h1><script src="app.js"></script></main></html>\n`

/** A built site in the session's workspace. */
export function writeSite(
  lab: CliLab,
  guid: string,
  files: Readonly<Record<string, string>>,
  name = 'dist',
): string {
  const site = join(lab.folderOf(guid), 'workspace', 'code', name)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(site, path)), { recursive: true })
    writeFileSync(join(site, path), content)
  }
  return site
}

export interface AwsLab extends CliLab {
  readonly aws: Readonly<Record<string, string>>
  deploy(guid: string, site: string, ...more: string[]): ReturnType<CliLab['run']>
}

export function openAwsLab(
  url: string,
  more: Readonly<Record<string, string>> = {},
  place: { readonly subfolder?: string } = {},
): AwsLab {
  const lab = openCliLab(place)
  const aws = { ...awsEnv(url), ...more }
  return {
    ...lab,
    aws,
    deploy: (guid, site, ...more) =>
      lab.run(['deploy', guid, '--dir', site, ...more], { env: aws }),
  }
}

/** All that is in the account, looked at from the outside. */
export async function accountNow(url: string) {
  const shared = {
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  }
  const s3 = new S3Client({ ...shared, forcePathStyle: true })
  const front = new CloudFrontClient(shared)
  const { Stacks = [] } = await new CloudFormationClient(shared).send(new DescribeStacksCommand({}))
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}))
  const { DistributionList } = await front.send(new ListDistributionsCommand({}))
  const { OriginAccessControlList } = await front.send(new ListOriginAccessControlsCommand({}))
  const distributions = DistributionList?.Items ?? []
  const objects = new Map<string, string>()
  for (const { Name = '' } of Buckets) {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: Name }))
    for (const { Key = '', ETag = '' } of Contents) objects.set(Key, ETag)
  }
  const invalidations = await Promise.all(
    distributions.map(async ({ Id = '' }) => {
      const answer = await front.send(new ListInvalidationsCommand({ DistributionId: Id }))
      return answer.InvalidationList?.Items?.length ?? 0
    }),
  )
  return {
    stacks: Stacks as Stack[],
    sites: Stacks.map((stack) => siteOf(stack as Stack)),
    buckets: Buckets.map(({ Name = '' }) => Name),
    distributions: distributions.map(({ DomainName = '' }) => DomainName),
    accessControls: OriginAccessControlList?.Items?.map(({ Id = '' }) => Id) ?? [],
    objects,
    invalidations: invalidations.reduce((sum, one) => sum + one, 0),
    s3,
  }
}
