import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import { openEdge } from '../support/aws-edge.ts'
import { openGate } from '../support/aws-gate.ts'
import { accountNow, makeSession, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import { journalOf, rowsOf } from '../support/builds.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { changeRecords } from '../support/sessions.ts'

const site = {
  'index.html': page('one'),
  'app.js': 'console.log(1)\n',
  'assets/app-Bd83kf0a.js': 'console.log(2)\n',
  'about.html': page('about'),
}

describe.skipIf(!hasMoto)(`deploy on aws${whyNoMoto}`, () => {
  const moto = useMoto()

  it('makes one stack, one release and one address; the same again changes nothing', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, site)
    const done = await lab.deploy(guid, folder)
    expect(done).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^AWS account 123456789012, region us-east-1, as arn:.*\nmaking the stack .* some minutes\n/,
      ),
      stdout: expect.stringMatching(/^https:\/\/[a-z0-9]+\.cloudfront\.net\/\n$/),
    })
    const now = await accountNow(moto.url)
    const [made] = now.sites
    expect(now.sites).toHaveLength(1)
    expect(made).toMatchObject({ url: done.stdout.trim(), mode: 'spa' })
    expect(made?.release).toMatch(/^[0-9a-f]{32}$/)
    expect([...now.objects.keys()].map((key) => key.replace(`${made?.release}/`, ''))).toEqual([
      '.well-known/tmux-builder.json',
      'about.html',
      'about/index.html',
      'app.js',
      'assets/app-Bd83kf0a.js',
      'index.html',
    ])
    const head = async (path: string) => {
      const answer = await now.s3.send(
        new GetObjectCommand({ Bucket: made?.bucket, Key: `${made?.release}/${path}` }),
      )
      return [answer.ContentType, answer.CacheControl]
    }
    expect(await head('index.html')).toEqual(['text/html; charset=utf-8', 'no-cache'])
    expect(await head('app.js')).toEqual(['text/javascript; charset=utf-8', 'no-cache'])
    expect(await head('assets/app-Bd83kf0a.js')).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ])
    expect(now.stacks[0]?.Tags?.map(({ Key }) => Key)).toEqual([
      'tmux-builder:guid',
      'tmux-builder:build',
      'tmux-builder:owner',
    ])
    expect(JSON.stringify(now.stacks)).not.toContain('example.com')
    expect(now.invalidations).toBe(1)
    // Pages after everything that they name, the marker last.
    const puts = gate.calls.filter((call) => call.name === 'S3 PUT').map((call) => call.path)
    expect(puts.findLastIndex((path) => !/\.html|json/.test(path))).toBeLessThan(
      puts.findIndex((path) => path.includes('.html')),
    )
    expect(puts.at(-1)).toContain('tmux-builder.json')

    gate.calls.length = 0
    expect(await lab.deploy(guid, folder)).toMatchObject({ code: 0, stdout: done.stdout })
    const again = await accountNow(moto.url)
    expect({ ...again, s3: 0, stacks: 0 }).toEqual({ ...now, s3: 0, stacks: 0 })
    expect(gate.calls.filter((call) => /PUT|Create|Update|POST/.test(call.name))).toEqual([])
    const events = await journalOf(lab, guid)
    expect(events.filter((event) => event.type === 'released')).toMatchObject([
      { target: 'aws', url: done.stdout.trim(), release: 1 },
    ])
    expect(rowsOf(lab, 'SELECT kind, state FROM resources ORDER BY kind')).toEqual(
      ['access_control', 'bucket', 'distribution', 'stack'].map((kind) => ({
        kind,
        state: 'made',
      })),
    )
  })

  it('a changed site is a new release: what did not change is copied, the old one stays', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const first = await lab.deploy(guid, writeSite(lab, guid, site))
    const before = (await accountNow(moto.url)).sites[0]
    gate.calls.length = 0
    const second = await lab.deploy(guid, writeSite(lab, guid, { 'index.html': page('two') }))
    expect(second.stdout).toBe(first.stdout)
    const now = await accountNow(moto.url)
    expect(now.sites[0]?.release).not.toBe(before?.release)
    expect(now.objects.size).toBe(12)
    expect(gate.calls.filter((call) => call.name === 'S3 PUT copy')).toHaveLength(3)
    const uploaded = gate.calls.filter((call) => call.name === 'S3 PUT').map((call) => call.path)
    expect(uploaded.map((path) => path.split('/').at(-1)?.split('?')[0])).toEqual([
      'index.html',
      'index.html',
      'tmux-builder.json',
    ])
  })

  it('mpa: a path leads to its folder, which answers the page', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, site)
    const done = await lab.deploy(guid, folder, '--mode', 'mpa')
    const edge = await openEdge(moto.url)
    const { host } = new URL(done.stdout)
    expect(await edge.visit(host, '/about?a=1')).toEqual({
      status: 301,
      text: 'Moved Permanently',
      headers: { location: '/about/?a=1' },
    })
    expect(await edge.visit(host, '/about/?a=1')).toEqual({ status: 200, text: page('about') })
    expect((await edge.visit(host, '/nowhere/')).status).toBe(404)
  })

  it.runIf(isFull)('tags the code of each release', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    await lab.deploy(guid, writeSite(lab, guid, site))
    const workspace = join(lab.folderOf(guid), 'workspace')
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', workspace, ...args], { encoding: 'utf8' })
    expect(git('tag')).toBe('build-1\n')
    expect(git('show', 'build-1:code/dist/app.js')).toBe(site['app.js'])
  })

  it.each([
    ['an AWS key', { 'app.js': `const k = "${'AKIA'}QYLPMN5HHHFPZAM2"\n` }, /app\.js:1/],
    ['an environment file', { '.env': 'A=1\n' }, /\.env \(an environment file\)/],
    ['a git repository', { '.git/config': '[core]\n' }, /\.git\/config \(a git/],
  ])('publishes nothing that holds %s', async (_, files, found) => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, { ...site, ...files })
    const done = await lab.deploy(guid, folder)
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(found) })
    expect(done.stderr).toContain('Keys that are public by design are not reported')
    expect(gate.calls).toEqual([])
    expect((await lab.deploy(guid, folder, '--allow-secrets')).code).toBe(0)
  })

  it.runIf(isFull)('leaves source maps out unless they are wanted', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, { ...site, 'app.js.map': '{}' })
    const hasMap = async () =>
      [...(await accountNow(moto.url)).objects.keys()].some((key) => key.endsWith('.map'))
    await lab.deploy(guid, folder)
    expect(await hasMap()).toBe(false)
    await lab.deploy(guid, folder, '--source-maps')
    expect(await hasMap()).toBe(true)
  })

  it('refuses the root user before anything is made', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const arn = 'arn:aws:iam::123456789012:root'
    gate.answer = ({ name }) =>
      name === 'GetCallerIdentity'
        ? {
            type: 'text/xml',
            body: `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>${arn}</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
          }
        : undefined
    expect(await lab.deploy(guid, writeSite(lab, guid, site))).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringContaining('root user: nothing is deployed'),
    })
    expect(gate.calls.map((call) => call.name)).toEqual(['GetCallerIdentity'])
  })

  it('a build that ends meanwhile: its journal has ended too, and the terminal hears the rest', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    gate.onDone = ({ name }) => {
      if (name === 'S3 PUT')
        changeRecords(lab, "UPDATE builds SET state = 'stopped', ended_at = '2026-01-01T00:00:00Z'")
    }
    const done = await lab.deploy(guid, writeSite(lab, guid, site))
    expect(done).toMatchObject({ code: 6, stderr: expect.stringMatching(/files uploaded/) })
    const steps = (await journalOf(lab, guid)).filter((event) => event.type === 'deploy_step')
    expect(steps.map((event) => event.step)).toEqual(['account', 'stack'])
  })

  it('refuses parts of AWS of their own, accounts that are not allowed, and no credentials', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab, 1, { awsAccounts: ['999999999999'] })
    const folder = writeSite(lab, guid, site)
    expect(await lab.deploy(guid, folder)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('123456789012, which is not one of the allowed accounts'),
    })
    const env = { AWS_ENDPOINT_URL: moto.url }
    const lost = await makeSession(lab, 3, { variables: {} })
    const args = ['deploy', lost, '--dir', writeSite(lab, lost, site)]
    for (const [number, region] of [
      [4, 'cn-north-1'],
      [5, 'eusc-de-east-1'],
    ] as const) {
      const apart = await makeSession(lab, number, {
        variables: { aws_profile: '', default_region: region },
      })
      expect(await lab.deploy(apart, writeSite(lab, apart, site))).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${region} belongs to a separate AWS partition`),
      })
    }
    const refused = {
      code: 5,
      stderr: expect.stringContaining('no AWS credentials for the profile sunware'),
    }
    expect(await lab.run(args, { env })).toMatchObject(refused)
    const look = await lab.run(['inventory', lost], { env })
    expect(look).toMatchObject({ ...refused, stdout: '' })
    expect(look.stderr).not.toContain('Nothing was found')
    mkdirSync(join(lab.env.HOME as string, '.aws'), { recursive: true })
    writeFileSync(
      join(lab.env.HOME as string, '.aws', 'credentials'),
      '[mine]\naws_access_key_id = x\naws_secret_access_key = y\n',
    )
    const own = await makeSession(lab, 2, { variables: { aws_profile: 'mine' } })
    expect((await lab.run(['deploy', own, '--dir', writeSite(lab, own, site)], { env })).code).toBe(
      0,
    )
    expect(rowsOf(lab, 'SELECT DISTINCT profile FROM resources WHERE guid = ?', own)).toEqual([
      { profile: 'mine' },
    ])
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
  })
})
