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

/** The shared access control was deleted with the last other site just when this one's distribution was to use it. */
const isAccessControlGone = (reason: string) => /origin ?access ?control/i.test(reason)

/**
 * The stack of this session, usable: found, joined while another run makes it, or made; one whose making failed
 * is made anew. The ledger has a row before each creation. `beforeMaking` may throw: then nothing is made.
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
      // Nothing can be done with such a stack but to delete it; one that was made just now says why.
      if (wasMadeHere) {
        const reason = await readFailure(account, name)
        if (wasRetried || !isAccessControlGone(reason))
          throw explainStackFailure(
            `CloudFormation could not make the stack ${name}:`,
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
          'Bring it to a stable state in the CloudFormation console, then run the same again',
        )
      // It stays when the stack goes, and then only the ledger knows its name.
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
