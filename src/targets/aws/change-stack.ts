import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateStackCommand,
  DeleteStackCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation'
import { packageRoot } from '../../world/package-root.ts'
import type { World } from '../../world/world.ts'
import type { Account } from './account.ts'
import { explainStackFailure, isNamed, saysThat } from './aws-errors.ts'
import type { Site } from './messages.ts'
import { findStack, isChanging, isUsable, readFailure, siteOf } from './stack.ts'

export interface Live {
  readonly release: string
  readonly digest: string
  readonly mode: string
}

const templateBody = () => readFile(join(packageRoot, 'templates', 'aws', 'site.yaml'), 'utf8')

/** The stack's owner, for its parameters and tags. */
export interface Owner {
  readonly guid: string
  readonly build: string
  /** A hash, because tags are no place for a person's e-mail address. */
  readonly owner: string
}

const tagsOf = (owner: Owner) =>
  Object.entries(owner).map(([name, Value]) => ({ Key: `tmux-builder:${name}`, Value }))

const parametersOf = (live: Live, accessControl: string, owner: Owner | undefined) => [
  { ParameterKey: 'Release', ParameterValue: live.release },
  { ParameterKey: 'Digest', ParameterValue: live.digest },
  { ParameterKey: 'Mode', ParameterValue: live.mode },
  { ParameterKey: 'OriginAccessControlId', ParameterValue: accessControl },
  ...(['guid', 'build', 'owner'] as const).map((name) => ({
    ParameterKey: `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`,
    // An update keeps the owner of the creation: other tags would change the distribution, which takes minutes.
    ...(owner ? { ParameterValue: owner[name] } : { UsePreviousValue: true }),
  })),
]

/** Waits until no change of the stack is in progress, whichever run began it. */
export async function waitForStack(account: Account, name: string): Promise<Stack | undefined> {
  // AWS takes seconds for a function and minutes for a distribution.
  for (let pauseMs = 500; ; pauseMs = Math.min(pauseMs * 1.5, 10_000)) {
    const stack = await findStack(account, name)
    if (!isChanging(stack)) return stack
    await account.pause(pauseMs)
    await account.requireFresh()
  }
}

/** Waits for a change that another run began, and says so in a notice. Without one it returns at once. */
export async function joinStack(
  world: World,
  account: Account,
  name: string,
): Promise<Stack | undefined> {
  const stack = await findStack(account, name)
  if (!isChanging(stack)) return stack
  world.notice(`the stack ${name} is ${stack?.StackStatus}: waiting for it`)
  return waitForStack(account, name)
}

/** Begins to create the stack. `false`: another run has already begun. */
export async function createStack(
  account: Account,
  name: string,
  accessControl: string,
  owner: Owner,
): Promise<boolean> {
  try {
    await account.stacks.send(
      new CreateStackCommand({
        StackName: name,
        TemplateBody: await templateBody(),
        Parameters: parametersOf(
          { release: 'none', digest: 'none', mode: 'spa' },
          accessControl,
          owner,
        ),
        Tags: tagsOf(owner),
      }),
    )
    return true
  } catch (error) {
    if (isNamed(error, 'AlreadyExistsException')) return false
    throw error
  }
}

/** Makes another release live, updates the stack to this version's template, and waits until both are done. */
export async function switchStack(
  world: World,
  account: Account,
  name: string,
  site: Site,
  live: Live,
): Promise<Site> {
  for (;;) {
    const stack = await findStack(account, name)
    try {
      await account.stacks.send(
        new UpdateStackCommand({
          StackName: name,
          TemplateBody: await templateBody(),
          Parameters: parametersOf(live, site.accessControl, undefined),
          Tags: stack?.Tags ?? [],
        }),
      )
    } catch (error) {
      if (saysThat(error, /_IN_PROGRESS state/)) {
        await joinStack(world, account, name)
        continue
      }
      if (!saysThat(error, /No updates are to be performed/)) throw error
    }
    const after = await waitForStack(account, name)
    const now = after && siteOf(after)
    if (now?.release === live.release && isUsable(now.status)) return now
    // Another machine switched right afterwards: our switch succeeded too, but that machine's release is live now.
    if (now?.status === 'UPDATE_COMPLETE') return now
    throw explainStackFailure(
      'The switch to the new release failed, and the old release stays live:',
      await readFailure(account, name),
      account.profile,
    )
  }
}

/** Deletes the stack and waits for it; its bucket stays. `false`: CloudFormation could not delete it. */
export async function deleteStack(account: Account, idOrName: string): Promise<boolean> {
  // A deleted stack can only be described by its id.
  const id = (await findStack(account, idOrName))?.StackId ?? idOrName
  await account.stacks.send(new DeleteStackCommand({ StackName: id }))
  return (await waitForStack(account, id)) === undefined
}
