import {
  ListStackResourcesCommand,
  type StackResourceSummary,
} from '@aws-sdk/client-cloudformation'
import type { Account } from './account.ts'
import { isNamed } from './aws-errors.ts'

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
