import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openApp } from '../../../src/app/open-app.ts'
import { listBuildPlaces, recordPlace, requirePlace } from '../../../src/store/build-places.ts'
import { requireBuild } from '../../../src/store/builds.ts'
import type { World } from '../../../src/world/world.ts'
import { writeOldDatabase } from '../../support/old-database.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** Creates a home of the version in which builds had no place yet, with one build of these settings. */
function openOld(settings: Readonly<Record<string, unknown>>, target = 'aws') {
  const home = join(temporaryFolder(), 'home')
  writeOldDatabase(home, 'abcd', settings, target)
  const notices: string[] = []
  const world = {
    env: { TMUX_BUILDER_HOME: home },
    cwd: '/',
    notice: (text: string) => void notices.push(text),
  } as unknown as World
  return { notices, open: () => openApp(world, { create: false }) }
}

const place = { profile: 'mine', region: 'eu-west-1', accounts: ['111111111111'] }

it('a build of an earlier version gets its place once, even if its templates change later', async () => {
  const templates = temporaryFolder()
  const edit = (region: string) =>
    writeFileSync(
      join(templates, 'prompt_config.yaml'),
      `variables: { aws_profile: mine, default_region: ${region} }\n`,
    )
  edit('eu-west-1')
  const { open, notices } = openOld({ templates, awsAccounts: ['111111111111'] })
  for (const now of ['eu-west-1', 'ap-south-1', undefined]) {
    if (now === undefined) rmSync(templates, { recursive: true })
    else edit(now)
    const app = await open()
    expect(listBuildPlaces(app.store)).toEqual([place])
    expect(requirePlace(requireBuild(app.store, 'abcd', 1))).toEqual(place)
    app.close()
  }
  expect(notices).toEqual([])
})

it('of two commands that find an old build at once, the first one records its place', async () => {
  const app = await openOld({ variables: { default_region: 'eu-north-1' } }).open()
  const recorded = requirePlace(requireBuild(app.store, 'abcd', 1))
  const other = { ...place, role: undefined }
  await app.store.transact((tx) => recordPlace(tx, { guid: 'abcd', build: 1 }, other))
  expect(requirePlace(requireBuild(app.store, 'abcd', 1))).toEqual(recorded)
  app.close()
})

it('the settings win over the templates, and the role becomes part of the place', async () => {
  const role = 'arn:aws:iam::111111111111:role/r'
  const variables = { aws_profile: '', default_region: 'eu-north-1' }
  const app = await openOld({ variables, awsAgentRole: role }).open()
  expect(listBuildPlaces(app.store)).toEqual([{ region: 'eu-north-1', accounts: [], role }])
  app.close()
})

it('without its templates folder the built-in templates are used, and a notice says so', async () => {
  const { open, notices } = openOld({ templates: '/nowhere' })
  const app = await open()
  expect(listBuildPlaces(app.store)).toMatchObject([{ profile: 'sunware', region: 'us-east-1' }])
  expect(notices).toEqual([expect.stringContaining('/nowhere')])
  app.close()
})

it('a local build gets no place', async () => {
  const app = await openOld({}, 'local').open()
  expect(requireBuild(app.store, 'abcd', 1).place).toBeUndefined()
  app.close()
})
