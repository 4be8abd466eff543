import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { guidOf } from '../../src/domain/identity.ts'
import {
  endBuilds,
  keysOf,
  makeOwnStack,
  nothing,
  openDeployed,
  ownBucket,
  site,
  writeConfig,
  writeProfiles,
} from '../support/aws-deployed.ts'
import {
  accountNow,
  identityOf,
  makeSession,
  openAwsLab,
  page,
  writeSite,
} from '../support/aws-lab.ts'
import { rowsOf } from '../support/builds.ts'
import { isFull } from '../support/full.ts'
import { makeAuthority } from '../support/https-server.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { writeOldDatabase } from '../support/old-database.ts'
import { schemaProblems } from '../support/schemas.ts'
import { changeRecords, sessionOf } from '../support/sessions.ts'

interface Item {
  readonly guid: string
  readonly kind: string
  readonly name: string
  readonly state: string
  readonly region: string
}

const itemsIn = (stdout: string): Item[] => {
  const told = JSON.parse(stdout)
  expect(schemaProblems('commands.json#/$defs/inventory', told)).toEqual([])
  return told.resources
}

describe.skipIf(!hasMoto)(`where destroy and inventory look${whyNoMoto}`, () => {
  const moto = useMoto()

  it('credentials of another account destroy nothing, and say where it lies', async () => {
    const { lab, guid } = await openDeployed(moto.url)
    changeRecords(lab, "UPDATE sessions SET destroy_at = '2026-01-01T00:00:00Z'")
    const env = { ...lab.aws, ...(await keysOf(moto.url, '222222222222')) }
    for (const args of [
      ['destroy', guid, '--yes'],
      ['destroy', guid, '--dry-run'],
      ['gc', '--remote'],
    ]) {
      const done = await lab.run(args, { env })
      expect([args[0], done.code]).toEqual([args[0], 5])
      expect(done.stderr).toMatch(/account 123456789012.*222222222222.*nothing was destroyed/)
      expect(done.stderr).toContain('--aws-profile')
    }
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
    expect(sessionOf(lab, guid).destroy_at).not.toBeNull()
    const items = itemsIn((await lab.run(['inventory', guid, '--json'], { env })).stdout)
    expect(items.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      'access_control unknown',
      'bucket unknown',
      'distribution unknown',
      'stack unknown',
    ])
  })

  it.runIf(isFull)(
    'two profiles of one account are one place; the ledger has the later one',
    async () => {
      const lab = openAwsLab(moto.url)
      writeProfiles(lab, 'one', 'two')
      let guid = ''
      for (const name of ['one', 'two']) {
        guid = await makeSession(lab, 1, { variables: { aws_profile: name } })
        const files = { ...site, 'app.js': name }
        expect((await lab.deploy(guid, writeSite(lab, guid, files))).code).toBe(0)
        endBuilds(lab)
      }
      expect(rowsOf(lab, 'SELECT DISTINCT profile FROM resources')).toEqual([{ profile: 'two' }])
      const { resources } = await lab.json(['destroy', guid, '--dry-run'], { env: lab.aws })
      expect(resources).toEqual([...new Set(resources as string[])])
      const items = itemsIn((await lab.run(['inventory', '--json'], { env: lab.aws })).stdout)
      expect(items).toHaveLength(5)
      expect((await lab.run(['destroy', guid, '--yes'], { env: lab.aws })).code).toBe(0)
      expect(await accountNow(moto.url)).toMatchObject(nothing)
    },
  )

  it.runIf(isFull)(
    'an access control that another session made is in the ledger of who uses it',
    async () => {
      const { lab, guid } = await openDeployed(moto.url)
      changeRecords(lab, "DELETE FROM resources WHERE kind = 'access_control'")
      changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
      expect((await lab.deploy(guid, writeSite(lab, guid, site))).code).toBe(0)
      expect(rowsOf(lab, "SELECT state FROM resources WHERE kind = 'access_control'")).toEqual([
        { state: 'made' },
      ])
    },
  )

  it('places of earlier builds are looked at: what the agent made itself is in no ledger', async () => {
    const lab = openAwsLab(moto.url)
    const place = { aws_profile: '', default_region: 'eu-west-1' }
    // Nor does it matter that its templates are gone.
    const guid = await makeSession(lab, 1, { variables: place, templates: '/nowhere' })
    await makeSession(lab, 1)
    changeRecords(lab, "UPDATE builds SET target = 'local' WHERE build = 2")
    endBuilds(lab)
    const run = (...args: string[]) => lab.run(args, { env: lab.aws })
    const own = { Resources: ownBucket(guid) }
    await makeOwnStack(moto.url, guid, own, { region: 'eu-west-1' })
    for (const args of [
      ['inventory', '--json'],
      ['inventory', guid, '--json'],
    ])
      expect(itemsIn((await run(...args)).stdout)).toMatchObject([
        { kind: 'bucket', name: 'tb-own-data', state: 'foreign', region: 'eu-west-1' },
        { kind: 'stack', state: 'foreign', region: 'eu-west-1' },
      ])
    expect((await run('destroy', guid, '--yes')).stdout).toContain('stack tb-own')
    expect((await accountNow(moto.url)).buckets).toEqual([])
  })

  it('places of a build of an earlier version are looked at, though its templates were edited since', async () => {
    const lab = openAwsLab(moto.url)
    const guid = guidOf(identityOf(1))
    const templates = join(lab.root, 'templates')
    const edit = (region: string) =>
      writeFileSync(
        join(templates, 'prompt_config.yaml'),
        `variables: { aws_profile: '', default_region: ${region} }\n`,
      )
    mkdirSync(templates)
    edit('eu-west-1')
    writeOldDatabase(lab.home, guid, { templates })
    await makeOwnStack(moto.url, guid, { Resources: ownBucket(guid) }, { region: 'eu-west-1' })
    const run = (...args: string[]) => lab.run(args, { env: lab.aws })
    expect((await run('list')).code).toBe(0)
    edit('ap-south-1')
    expect(itemsIn((await run('inventory', guid, '--json')).stdout)).toMatchObject([
      { kind: 'bucket', name: 'tb-own-data', region: 'eu-west-1' },
      { kind: 'stack', region: 'eu-west-1' },
    ])
    expect((await run('destroy', guid, '--yes')).stdout).toContain('stack tb-own')
    expect((await accountNow(moto.url)).buckets).toEqual([])
  })

  it.runIf(isFull)(
    'a profile that is gone is replaced by one that is given, beside those that are not',
    async () => {
      const lab = openAwsLab(moto.url)
      const other = await keysOf(moto.url, '222222222222')
      const config = (gone: string) =>
        [
          `[profile ${gone}]`,
          ...Object.entries(other).map(([name, value]) => `${name.toLowerCase()} = ${value}`),
          '[profile here]',
          'aws_access_key_id = AKIDTEST',
          'aws_secret_access_key = secret',
        ].join('\n')
      writeConfig(lab, config('there'))
      let guid = ''
      for (const name of ['there', 'here']) {
        guid = await makeSession(lab, 1, { variables: { aws_profile: name } })
        const env = { AWS_ENDPOINT_URL: moto.url }
        const args = ['deploy', guid, '--dir', writeSite(lab, guid, site)]
        expect((await lab.run(args, { env })).code).toBe(0)
        endBuilds(lab)
      }
      writeConfig(lab, config('again'))
      const destroy = (...more: string[]) =>
        lab.run(['destroy', guid, '--yes', ...more], { env: { AWS_ENDPOINT_URL: moto.url } })
      expect(await destroy()).toMatchObject({ code: 5, stderr: expect.stringContaining('there') })
      expect((await accountNow(moto.url)).sites).toHaveLength(1)
      expect((await destroy('--aws-profile', 'again')).code).toBe(0)
      expect(rowsOf(lab, "SELECT * FROM resources WHERE state <> 'deleted'")).toEqual([])
      expect(await accountNow(moto.url)).toMatchObject(nothing)
    },
  )

  it('what the agent deployed itself and nothing names is left as long as it answers', async () => {
    const authority = makeAuthority()
    const host = 'dother.cloudfront.net'
    const server = createServer(authority.issue([`DNS:${host}`]), (_, response) => {
      response.setHeader('content-type', 'text/html').end(page('the agent’s own'))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const lab = openAwsLab(moto.url, { NODE_EXTRA_CA_CERTS: authority.file })
    const guid = await makeSession(lab, 1, { connectTo: [`${host}:443:127.0.0.1:${port}`] })
    endBuilds(lab)
    changeRecords(lab, 'UPDATE builds SET url = ?', `https://${host}/`)
    changeRecords(lab, "UPDATE sessions SET destroy_at = '2026-01-01T00:00:00Z'")
    const run = (...args: string[]) => lab.run(args, { env: lab.aws })
    for (const args of [
      ['gc', '--remote'],
      ['destroy', guid, '--yes'],
    ])
      expect(await run(...args)).toMatchObject({
        code: 5,
        stderr: expect.stringContaining(`the site at https://${host}/`),
      })
    expect(await lab.json(['status', guid])).toMatchObject({ url: `https://${host}/` })
    expect(sessionOf(lab, guid).destroy_at).not.toBeNull()
    server.closeAllConnections()
    server.close()
    expect((await run('gc', '--remote')).code).toBe(0)
    expect(await lab.json(['status', guid])).toMatchObject({ url: null, destroy_at: null })
  })

  it.runIf(isFull)('a distribution is seen from every region, and told once', async () => {
    const { guid, run } = await openDeployed(moto.url)
    const args = ['inventory', guid, '--region', 'eu-west-1', '--json']
    expect(itemsIn((await run(...args)).stdout).map(({ state }) => state)).toEqual(
      Array.from({ length: 5 }, () => 'ours'),
    )
  })

  it.each([
    ['--region', ''],
    ['--region', 'nowhere'],
    ['--aws-profile', ''],
    ['--aws-profile', 'a\nb'],
  ])('refuses %s %j: exit 2', async (option, value) => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    endBuilds(lab)
    for (const args of [['destroy', guid, '--yes'], ['inventory', guid], ['inventory']])
      expect(await lab.run([...args, option, value], { env: lab.aws })).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/Not an AWS (region|profile’s name): /),
      })
  })

  it('inventory tells what it could read, and of the place that it could not: exit 5', async () => {
    const { lab, guids, run } = await openDeployed(moto.url, [1, 2])
    changeRecords(
      lab,
      "UPDATE resources SET profile = 'no-such', account = '111111111111' WHERE guid = ?",
      guids[0] as string,
    )
    const told = await run('inventory')
    expect(told).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/1 of the places.*\n.*no-such in us-east-1: There are no AWS/),
    })
    const lines = told.stdout.split('\n')
    const linesOf = (state: string) => lines.filter((line) => line.includes(` ${state} `)).length
    expect([linesOf('ours'), linesOf('unknown')]).toEqual([9, 4])
    const { code, stdout } = await run('inventory', '--json')
    expect(code).toBe(5)
    expect(schemaProblems('error.json', JSON.parse(stdout))).toEqual([])
    // What answers at the host was found: the other place does not matter.
    const [host = ''] = (await accountNow(moto.url)).distributions
    expect((await run('inventory', guids[0] as string, '--host', host, '--json')).code).toBe(0)
  })
})
