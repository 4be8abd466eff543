import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it, onTestFinished } from 'vitest'
import { listBuilds } from '../../../src/store/builds.ts'
import { openStore } from '../../../src/store/database.ts'
import { eachEvent } from '../../../src/store/events.ts'
import { listOpenQuestions } from '../../../src/store/questions.ts'
import { forgetRemoteReleases } from '../../../src/store/releases.ts'
import { schemaSteps, schemaVersion } from '../../../src/store/schema.ts'
import { listOutdatedSupervisors, listSessions } from '../../../src/store/sessions.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const deployed = '4f90185371635678b3c7c44eca73fd36457046c2b8f1912f50fdd2f22d72b7c6'
const asking = '56db527a4b213300fab575e960b4d363930426f81a0443ee8dcc4f071fd59a47'

/** The records that the version with three schema steps left; `more` is changed in them before they are opened. */
async function openOldHome(more = '') {
  const file = join(temporaryFolder(), 'tmux-builder.db')
  const db = new DatabaseSync(file)
  db.exec(schemaSteps.slice(0, 3).join(''))
  db.exec(readFileSync(join(import.meta.dirname, 'home-of-version-3.sql'), 'utf8'))
  db.exec(`${more}; PRAGMA user_version = 3`)
  db.close()
  const store = await openStore(file, { create: true })
  onTestFinished(() => store.close())
  return store
}

it('a home of the version before keeps its sessions, builds, journal and open questions', async () => {
  const store = await openOldHome()
  const states = listSessions(store).map(({ guid, identity }) => [
    identity.project,
    ...listBuilds(store, guid).map((build) => build.state),
  ])
  expect(states.toSorted()).toEqual([
    [undefined, 'deployed', 'deployed'],
    ['asks', 'awaiting_approval'],
    ['fails', 'failed'],
    ['running', 'implementing'],
  ])
  for (const { guid } of listSessions(store)) {
    const seqs = [...eachEvent(store, { guid, after: 0 })].map((event) => event.seq)
    expect(seqs).toEqual(seqs.map((_, at) => at + 1))
  }
  expect(listOpenQuestions(store, { guid: asking, build: 1, attempt: 1 })).toMatchObject([
    { id: 'q1', answer: undefined },
  ])
})

it('its builds name the releases that their addresses were of', async () => {
  const store = await openOldHome()
  expect(listBuilds(store, deployed).map(({ release }) => release)).toEqual([1, 2])
  expect(listBuilds(store, asking).map(({ release }) => release)).toEqual([undefined])
})

it('what the agent deployed otherwise is no release, and is forgotten only with all', async () => {
  const store = await openOldHome(`
    UPDATE builds SET target = 'aws' WHERE guid = '${deployed}';
    UPDATE releases SET target = 'aws', url = 'https://d1.cloudfront.net/' WHERE guid = '${deployed}';
    UPDATE builds SET url = 'https://d1.cloudfront.net/app' WHERE guid = '${deployed}' AND build = 1;
    UPDATE builds SET url = 'https://own.example.com/' WHERE guid = '${deployed}' AND build = 2`)
  const addresses = () => listBuilds(store, deployed).map(({ url, release }) => [url, release])
  expect(addresses()).toEqual([
    ['https://d1.cloudfront.net/app', 1],
    ['https://own.example.com/', undefined],
  ])
  await store.transact((tx) => forgetRemoteReleases(tx, deployed, false))
  expect(addresses()).toEqual([
    [undefined, undefined],
    ['https://own.example.com/', undefined],
  ])
})

it('its supervisors are of another version', async () => {
  const store = await openOldHome()
  const outdated = listOutdatedSupervisors(store, schemaVersion)
  expect(outdated.map(({ identity }) => identity.project).toSorted()).toEqual(['asks', 'running'])
})
