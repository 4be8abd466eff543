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

it('the ledger has the latest profile, and what is made is not merely planned again', () => {
  const store = openStore(join(temporaryFolder(), 'home', 'db'), { create: true })
  const note = (profile: string | undefined, state: 'planned' | 'made' | 'deleted') => {
    recordResource(store, { ...stack, profile, state })
    return listResources(store, 'abcd').map((one) => [one.profile, one.state])
  }
  expect(note('one', 'planned')).toEqual([['one', 'planned']])
  expect(note('one', 'made')).toEqual([['one', 'made']])
  expect(note('two', 'planned')).toEqual([['two', 'made']])
  expect(note(undefined, 'made')).toEqual([[undefined, 'made']])
  expect(note(undefined, 'deleted')).toEqual([])
  expect(note('one', 'planned')).toEqual([['one', 'planned']])
  store.close()
})
