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

/** The bucket's name and the names in the policies begin with this name. */
export const stackNameOf = (guid: string) => `tmux-builder-${guid.slice(0, 40)}`

export const isUsable = (status: string) =>
  /^(CREATE_COMPLETE|UPDATE_COMPLETE|UPDATE_ROLLBACK_COMPLETE)$/.test(status)

/** REVIEW_IN_PROGRESS is no change: a change set waits for a review, and may wait forever. */
export const isChanging = (stack: Stack | undefined) =>
  stack?.StackStatus?.endsWith('_IN_PROGRESS') === true &&
  stack.StackStatus !== 'REVIEW_IN_PROGRESS'

/** The stack's present state, by its name or id; `undefined`: there is no such stack. */
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

/** CloudFormation's reason for the failure of the last operation on the stack. */
export async function readFailure(account: Account, name: string): Promise<string> {
  const { StackEvents = [] } = await account.stacks
    .send(new DescribeStackEventsCommand({ StackName: name }))
    .catch((error: unknown) => {
      if (error instanceof Interrupted) throw error
      return { StackEvents: [] }
    })
  // The events of the stack's whole life come newest first, so those before the last operation are cut off.
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
  // If another stack blocks a deletion, only the stack itself has a reason, and none of its resources has failed.
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

/** The resources of a stack as CloudFormation lists them; none if the profile may not list them. */
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

/** Returns a test for ARNs of these stacks' resources, which are or end with the id that CloudFormation lists. */
export async function readStackParts(
  account: Account,
  stacks: readonly string[],
): Promise<(arn: string) => boolean> {
  const ids: string[] = []
  for (const stack of stacks)
    for (const { PhysicalResourceId: id } of await listParts(account, stack)) if (id) ids.push(id)
  return (arn) => ids.some((id) => arn === id || arn.endsWith(`/${id}`) || arn.endsWith(`:${id}`))
}

/** Finds the bucket of a site's stack that has no outputs, because its creation failed. */
export async function findBucketIn(account: Account, stack: string): Promise<string | undefined> {
  const bucket = (await listParts(account, stack)).find(
    (part) => part.ResourceType === 'AWS::S3::Bucket' && part.ResourceStatus !== 'DELETE_COMPLETE',
  )
  return bucket?.PhysicalResourceId || undefined
}
