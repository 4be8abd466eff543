import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openStore } from '../../../src/store/database.ts'
import {
  findReleaseOf,
  listReleases,
  type RemoteRelease,
  recordReleased,
  takeReleaseNumber,
} from '../../../src/store/releases.ts'
import { ensureSession } from '../../../src/store/sessions.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const guid = 'abcd'
const inAttempt = (attempt: number, build = 1) => ({ guid, build, attempt })

async function openReleases() {
  const store = await openStore(join(temporaryFolder(), 'db'), { create: true })
  await store.transact((tx) =>
    ensureSession(tx, guid, { email: 'a@b.co', phone: '1234567', project: undefined }),
  )
  const release = async (
    attempt: number,
    target: 'aws' | 'local',
    url: string,
    more: Partial<RemoteRelease> = {},
  ) => {
    const place = { account: '1', region: 'r', profile: undefined }
    const remote = { id: 'i', digest: 'd', mode: 'spa', index: 'x', ...place, ...more } as const
    const number = await store.transact((tx) =>
      takeReleaseNumber(tx, inAttempt(attempt), target, target === 'aws' ? remote : undefined),
    )
    await store.transact((tx) => recordReleased(tx, inAttempt(attempt), number, url))
    return number
  }
  return { store, release }
}

it('what an attempt put on aws is also the next one’s, what it put here is not', async () => {
  const { store, release } = await openReleases()
  const local = await release(1, 'local', 'http://a/')
  const remote = await release(1, 'aws', 'https://a/')
  const find = (attempt: number, target: 'aws' | 'local', build = 1) =>
    findReleaseOf(store, { ...inAttempt(attempt, build), target })?.release
  expect([find(1, 'local'), find(2, 'local')]).toEqual([local, undefined])
  expect([find(1, 'aws'), find(2, 'aws')]).toEqual([remote, remote])
  expect(find(1, 'aws', 2)).toBe(undefined)
})

it('of two releases of an attempt the one that was made live last counts', async () => {
  const { store, release } = await openReleases()
  const first = await release(1, 'aws', 'https://a/')
  await release(1, 'aws', 'https://a/')
  await store.transact((tx) => tx.run("UPDATE releases SET live_at = '2026-01-01T00:00:00Z'"))
  await store.transact((tx) => recordReleased(tx, inAttempt(1), first, 'https://a/'))
  expect(findReleaseOf(store, { ...inAttempt(1), target: 'aws' })?.release).toBe(first)
})

it('a new address ends what was at the old one in that account and region, and only that', async () => {
  const { store, release } = await openReleases()
  await release(1, 'local', 'http://a/')
  await release(1, 'aws', 'https://old/')
  await release(1, 'aws', 'https://elsewhere/', { region: 'r2' })
  await release(1, 'aws', 'https://other/', { account: '2' })
  await release(1, 'aws', 'https://new/')
  expect(listReleases(store, guid).map(({ url, remote }) => [url, remote !== undefined])).toEqual([
    ['https://new/', true],
    ['https://other/', true],
    ['https://elsewhere/', true],
    [undefined, false],
    ['http://a/', false],
  ])
})
