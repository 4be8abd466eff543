import { expect, it } from 'vitest'
import { ensureAccessControl } from '../../../src/targets/aws/access-control.ts'

/** An account whose list has the access control from the n-th look on; making it is refused, since it is there. */
function laggingAccount(seenFrom: number) {
  const pauses: number[] = []
  let looks = 0
  const send = async (command: object) => {
    if (command.constructor.name !== 'ListOriginAccessControlsCommand')
      throw Object.assign(new Error(), { name: 'OriginAccessControlAlreadyExists' })
    const Items = ++looks < seenFrom ? [] : [{ Name: 'tmux-builder', Id: 'E1' }]
    return { OriginAccessControlList: { Items } }
  }
  const pause = async (ms: number) => void pauses.push(ms)
  return { pauses, account: { cloudFront: { send }, pause } as never }
}

it('one that somebody else made is waited for until it is listed', async () => {
  const { account, pauses } = laggingAccount(4)
  expect(await ensureAccessControl(account)).toBe('E1')
  expect(pauses).toEqual([1000, 1000, 1000])
})

it('one that is never listed ends the wait', async () => {
  const { account, pauses } = laggingAccount(Number.POSITIVE_INFINITY)
  await expect(ensureAccessControl(account)).rejects.toMatchObject({
    reason: 'not_ready',
    message: expect.stringContaining('does not list it'),
  })
  expect(pauses).toHaveLength(10)
})
