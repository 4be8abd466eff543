import {
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  type Stack,
  type StackEvent,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation'
import { Interrupted } from '../../errors.ts'
import type { Account } from './account.ts'
import { isNamed, saysThat } from './aws-errors.ts'
import type { Site } from './messages.ts'

/** The names of the bucket and in the policies begin with it. */
export const stackNameOf = (guid: string) => `tmux-builder-${guid.slice(0, 40)}`

export const isUsable = (status: string) =>
  /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE)$/.test(status)

/** A change set that waits for somebody's review changes nothing. */
export const isChanging = (stack: Stack | undefined) =>
  stack?.StackStatus?.endsWith('_IN_PROGRESS') === true &&
  stack.StackStatus !== 'REVIEW_IN_PROGRESS'

/** The stack of that name or id as it is now; `undefined`: there is none. */
export async function findStack(account: Account, name: string): Promise<Stack | undefined> {
  try {
    const { Stacks } = await account.stacks.send(new DescribeStacksCommand({ StackName: name }))
    const stack = Stacks?.[0]
    return stack?.StackStatus === 'DELETE_COMPLETE' ? undefined : stack
  } catch (error) {
    if (saysThat(error, /does not exist/)) return undefined
    throw error
  }
}

/** Why what was last done to the stack failed, in CloudFormation's words. */
export async function readFailure(account: Account, name: string): Promise<string> {
  const { StackEvents = [] } = await account.stacks
    .send(new DescribeStackEventsCommand({ StackName: name }))
    .catch((error: unknown) => {
      if (error instanceof Interrupted) throw error
      return { StackEvents: [] }
    })
  // Newest first, of the stack's whole life.
  const isOwn = (event: StackEvent) => event.PhysicalResourceId === event.StackId
  const begun = StackEvents.findIndex(
    (event) =>
      isOwn(event) && /^(CREATE|UPDATE|DELETE)_IN_PROGRESS$/.test(event.ResourceStatus ?? ''),
  )
  const since = StackEvents.slice(0, begun < 0 ? undefined : begun)
  const first = since.findLast(
    (event) =>
      event.ResourceStatus?.endsWith('_FAILED') &&
      !/cancelled/i.test(event.ResourceStatusReason ?? ''),
  )
  if (first)
    return `${first.LogicalResourceId}: ${first.ResourceStatusReason ?? first.ResourceStatus}`
  // A deletion that another stack stands in the way of fails in no part of it.
  const refused = since.find(
    (event) =>
      isOwn(event) &&
      event.ResourceStatusReason !== undefined &&
      event.ResourceStatusReason !== 'User Initiated',
  )
  return refused?.ResourceStatusReason ?? 'CloudFormation gave no reason'
}

export function siteOf(stack: Stack): Site {
  const parameter = (key: string) =>
    stack.Parameters?.find((one) => one.ParameterKey === key)?.ParameterValue ?? ''
  const output = (key: string) =>
    stack.Outputs?.find((one) => one.OutputKey === key)?.OutputValue ?? ''
  return {
    stackId: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    release: parameter('Release'),
    digest: parameter('Digest'),
    mode: parameter('Mode'),
    accessControl: parameter('OriginAccessControlId'),
    url: output('ApplicationURL'),
    bucket: output('Bucket'),
    distribution: output('DistributionId'),
    domain: output('DistributionDomain'),
    router: output('Router'),
  }
}

/** What CloudFormation says a stack is made of; nothing where it may not be looked at. */
async function listParts(account: Account, StackName: string): Promise<StackResourceSummary[]> {
  const parts: StackResourceSummary[] = []
  try {
    for (let token: string | undefined; ; ) {
      const page = await account.stacks.send(
        new ListStackResourcesCommand({ StackName, ...(token ? { NextToken: token } : {}) }),
      )
      parts.push(...(page.StackResourceSummaries ?? []))
      token = page.NextToken
      if (!token) return parts
    }
  } catch (error) {
    if (isNamed(error, 'AccessDenied', 'AccessDeniedException')) return parts
    throw error
  }
}

/** Tells of an ARN whether one of these stacks made it: the ARN is, or ends with, the id that CloudFormation has for it. */
export async function readStackParts(
  account: Account,
  stacks: readonly string[],
): Promise<(arn: string) => boolean> {
  const ids: string[] = []
  for (const stack of stacks)
    for (const { PhysicalResourceId: id } of await listParts(account, stack)) if (id) ids.push(id)
  return (arn) => ids.some((id) => arn === id || arn.endsWith(`/${id}`) || arn.endsWith(`:${id}`))
}

/** The bucket in a stack of ours whose outputs do not tell it: one that was not made to its end has none. */
export async function findBucketIn(account: Account, stack: string): Promise<string | undefined> {
  const bucket = (await listParts(account, stack)).find(
    (part) => part.ResourceType === 'AWS::S3::Bucket' && part.ResourceStatus !== 'DELETE_COMPLETE',
  )
  return bucket?.PhysicalResourceId || undefined
}
