import { createHash } from 'node:crypto'
import { notReady } from '../../errors.ts'
import { requireSession, type Scope } from '../../session/scope.ts'
import { recordResource } from '../../store/resources.ts'
import { accessControlName, ensureAccessControl } from './access-control.ts'
import { type Account, distributionMs } from './account.ts'
import { explainStackFailure } from './aws-errors.ts'
import { createStack, deleteStack, joinStack, type Owner, waitForStack } from './change-stack.ts'
import type { Site } from './messages.ts'
import { findBucketIn, isUsable, readFailure, siteOf, stackNameOf } from './stack.ts'

const ownerOf = (scope: Scope, build: number): Owner => ({
  guid: scope.guid,
  build: String(build),
  owner: createHash('sha256')
    .update(requireSession(scope).identity.email)
    .digest('hex')
    .slice(0, 32),
})

/** Another site's destruction may delete the shared access control while this distribution is being created. */
const isAccessControlGone = (reason: string) => /origin ?access ?control/i.test(reason)

/**
 * Makes sure that the session has a usable stack: it finds one, waits for another run that is creating it,
 * creates it, or replaces one whose creation failed. The ledger gets its row before each creation. If
 * `beforeMaking` throws, nothing is created.
 */
export async function ensureSite(
  scope: Scope,
  account: Account,
  build: number,
  say: (message: string) => Promise<void>,
  beforeMaking: () => void,
): Promise<Site> {
  const { world, store, guid } = scope
  const name = stackNameOf(guid)
  const note = (
    kind: 'access_control' | 'stack' | 'bucket' | 'distribution',
    what: string,
    state: 'planned' | 'made',
  ) =>
    store.transact((tx) =>
      recordResource(
        tx,
        {
          guid,
          account: account.id,
          region: account.region,
          kind,
          name: what,
          profile: account.profile,
          state,
        },
        build,
      ),
    )
  let wasMadeHere = false
  let wasRetried = false
  for (;;) {
    await account.requireFresh(distributionMs)
    const stack = wasMadeHere
      ? await waitForStack(account, name)
      : await joinStack(world, account, name)
    const status = stack?.StackStatus ?? ''
    if (stack && isUsable(status)) {
      const site = siteOf(stack)
      await note('access_control', accessControlName, 'made')
      await note('stack', name, 'made')
      await note('bucket', site.bucket, 'made')
      await note('distribution', site.distribution, 'made')
      return site
    }
    if (stack) {
      // Such a stack can only be deleted. If this run has just created it, the reason is worth reporting first.
      if (wasMadeHere) {
        const reason = await readFailure(account, name)
        if (wasRetried || !isAccessControlGone(reason))
          throw explainStackFailure(
            `CloudFormation could not create the stack ${name}:`,
            reason,
            account.profile,
          )
        wasRetried = true
      }
      if (
        !/^(ROLLBACK_COMPLETE|ROLLBACK_FAILED|CREATE_FAILED|DELETE_FAILED|REVIEW_IN_PROGRESS)$/.test(
          status,
        )
      )
        throw notReady(
          `The stack ${name} is ${status}: ${await readFailure(account, name)}`,
          'Bring it to a stable state in the CloudFormation console, then run the same command again',
        )
      // The bucket survives the stack, and then only the ledger knows its name.
      const bucket = await findBucketIn(account, name)
      if (bucket !== undefined) await note('bucket', bucket, 'made')
      await say(`deleting the stack that is ${status}`)
      if (!(await deleteStack(account, name)))
        throw explainStackFailure(
          `The stack ${name} is ${status} and cannot be deleted:`,
          await readFailure(account, name),
          account.profile,
        )
      continue
    }
    beforeMaking()
    await note('access_control', accessControlName, 'planned')
    const accessControl = await ensureAccessControl(account)
    await note('access_control', accessControlName, 'made')
    await note('stack', name, 'planned')
    await say(`making the stack ${name}: a new distribution takes some minutes`)
    wasMadeHere = await createStack(account, name, accessControl, ownerOf(scope, build))
  }
}
