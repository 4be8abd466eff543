import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openStore } from '../../../src/store/database.ts'
import { listResources, recordResource } from '../../../src/store/resources.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const stack = {
  guid: 'abcd',
  account: '123456789012',
  region: 'us-east-1',
  kind: 'stack',
  name: 'tmux-builder-abcd',
} as const

it('the ledger has the latest profile, and what is made is not merely planned again', async () => {
  const store = await openStore(join(temporaryFolder(), 'home', 'db'), { create: true })
  const note = async (profile: string | undefined, state: 'planned' | 'made' | 'deleted') => {
    await store.transact((tx) => recordResource(tx, { ...stack, profile, state }))
    return listResources(store, 'abcd').map((one) => [one.profile, one.state])
  }
  expect(await note('one', 'planned')).toEqual([['one', 'planned']])
  expect(await note('one', 'made')).toEqual([['one', 'made']])
  expect(await note('two', 'planned')).toEqual([['two', 'made']])
  expect(await note(undefined, 'made')).toEqual([[undefined, 'made']])
  expect(await note(undefined, 'deleted')).toEqual([])
  expect(await note('one', 'planned')).toEqual([['one', 'planned']])
  store.close()
})
