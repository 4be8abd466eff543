import { mkdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { homePaths, sessionPaths } from '../../../src/session/paths.ts'
import type { Scope } from '../../../src/session/scope.ts'
import { openStore } from '../../../src/store/database.ts'
import {
  moveReleases,
  recordReleased,
  recordReleaseVerified,
  takeReleaseNumber,
} from '../../../src/store/releases.ts'
import { ensureSession, findSession } from '../../../src/store/sessions.ts'
import { restoreVerifiedRelease, switchRelease } from '../../../src/targets/local/live-preview.ts'
import { startChild } from '../../support/children.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const guid = 'abcd'
const place = { guid, build: 1, attempt: 1 }

async function openSite() {
  const home = homePaths({ TMUX_BUILDER_HOME: temporaryFolder() }, '/')
  const store = await openStore(home.database, { create: true })
  await store.transact((tx) =>
    ensureSession(tx, guid, { email: 'a@b.co', phone: '1234567', project: undefined }),
  )
  const paths = sessionPaths(home, guid)
  mkdirSync(paths.site, { recursive: true })
  const release = async (url: string) => {
    const number = await store.transact((tx) => takeReleaseNumber(tx, place))
    mkdirSync(join(paths.site, String(number)))
    await store.transact((tx) => recordReleased(tx, place, number, url))
    return number
  }
  return { scope: { store, home, guid, paths } as Scope, store, paths, release }
}

it('there is a live release at every moment of a switch', async () => {
  const { scope, paths } = await openSite()
  await switchRelease(scope, 1)
  const looker = startChild('/bin/sh', [
    '-c',
    'echo looks; while :; do readlink "$1" >/dev/null || echo gone; done',
    'sh',
    paths.liveSite,
  ])
  expect(await looker.nextLine()).toBe('looks')
  const gone = looker.nextLine().then(
    (line) => line,
    () => 'never',
  )
  const deadline = Date.now() + 3_000
  for (let n = 0; Date.now() < deadline; n++) await switchRelease(scope, (n % 2) + 1)
  looker.process.kill('SIGKILL')
  expect(await gone).toBe('never')
})

it('what was deployed and never verified is taken back', async () => {
  const { scope, store, paths, release } = await openSite()
  expect(await restoreVerifiedRelease(scope)).toBe(false)
  const first = await release('http://a/')
  await store.transact((tx) => recordReleaseVerified(tx, guid, first))
  await switchRelease(scope, await release('http://a/'))
  expect(readlinkSync(paths.liveSite)).toBe('2')
  expect(await restoreVerifiedRelease(scope)).toBe(true)
  expect(readlinkSync(paths.liveSite)).toBe('1')
  expect(findSession(store, guid)?.liveRelease).toBe(1)
})

it('a new address is that of all releases, but of none that was only copied', async () => {
  const { store, release } = await openSite()
  await release('http://a/')
  await store.transact((tx) => takeReleaseNumber(tx, place))
  await store.transact((tx) => moveReleases(tx, guid, 'http://b/'))
  expect(store.all('SELECT url FROM releases ORDER BY release')).toEqual([
    { url: 'http://b/' },
    { url: null },
  ])
})
