import { ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import type { Context } from '../../context.ts'
import { type Account, distributionMs } from './account.ts'
import { stackNameIn } from './arn.ts'
import { explainAwsError, isNamed } from './errors.ts'
import { deleteStack, readFailure } from './stack.ts'

/** Tells of an ARN whether one of these stacks made it: the ARN is, or ends with, the id that CloudFormation has for it. */
export async function readStackParts(
  account: Account,
  stacks: readonly string[],
): Promise<(arn: string) => boolean> {
  const ids: string[] = []
  for (const StackName of stacks)
    for (let token: string | undefined; ; ) {
      const page = await account.stacks
        .send(new ListStackResourcesCommand({ StackName, ...(token ? { NextToken: token } : {}) }))
        .catch((error: unknown) => {
          // Without the right to look, what is in it counts as left.
          if (isNamed(error, 'AccessDenied', 'AccessDeniedException'))
            return { StackResourceSummaries: [], NextToken: undefined }
          throw error
        })
      for (const { PhysicalResourceId: id } of page.StackResourceSummaries ?? [])
        if (id) ids.push(id)
      token = page.NextToken
      if (!token) break
    }
  return (arn) => ids.some((id) => arn === id || arn.endsWith(`/${id}`) || arn.endsWith(`:${id}`))
}

/** Deletes the agent's own stacks. Returns what stays, each with the reason: the profile may have no right to what is in it. */
export async function deleteOtherStacks(
  context: Context,
  account: Account,
  stacks: readonly string[],
): Promise<string[]> {
  const left: string[] = []
  for (const arn of stacks) {
    const name = stackNameIn(arn) ?? arn
    context.stderr.write(`deleting the agent’s stack ${name}\n`)
    try {
      await account.requireFresh(distributionMs)
      if (!(await deleteStack(context, account, arn)))
        left.push(`stack ${name}: ${await readFailure(account, arn)}`)
    } catch (error) {
      const told = explainAwsError(error, account.profile)
      if (context.signal.aborted || !(told instanceof Error)) throw error
      left.push(`stack ${name}: ${told.message}`)
    }
  }
  return left
}
