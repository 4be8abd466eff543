import { afterAll, describe, expect, it } from 'vitest'
import { guidOf } from '../../src/domain/identity.ts'
import { openEdge } from '../support/aws-edge.ts'
import { type Gate, openGate } from '../support/aws-gate.ts'
import {
  type AwsLab,
  accountNow,
  hostOf,
  identityOf,
  makeSession,
  openAwsLab,
  page,
  writeSite,
} from '../support/aws-lab.ts'
import { rowsOf } from '../support/builds.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { seededRandom } from '../support/random.ts'
import { changeRecords } from '../support/sessions.ts'

const site = { 'index.html': page('one'), 'app.js': '1', 'about.html': page('about') }
const nothing = { sites: [], buckets: [], distributions: [], accessControls: [] }

const endBuilds = (lab: AwsLab) =>
  changeRecords(lab, "UPDATE builds SET state = 'deployed', ended_at = '2026-01-01T00:00:00Z'")

/** Runs the program and kills it after AWS has done its n-th call; `false`: it was done before. */
async function killAfter(gate: Gate, lab: AwsLab, n: number, args: string[]): Promise<boolean> {
  const running = lab.start(args, { env: lab.aws })
  gate.calls.length = 0
  gate.onDone = async (call) => {
    if (call.number !== n) return
    running.kill('SIGKILL')
    await running.done
  }
  const { signal } = await running.done
  gate.onDone = undefined
  return signal === 'SIGKILL'
}

describe.skipIf(!hasMoto)(`faults on aws${whyNoMoto}`, () => {
  const moto = useMoto()
  const killed: string[] = []
  afterAll(() => console.log(`killed after: ${killed.join(' ')}`))

  /** One stack, one bucket, one release with its files and its marker, and nothing besides. */
  async function expectOneSite(releases: number) {
    const now = await accountNow(moto.url)
    expect(now.sites).toHaveLength(1)
    expect(now.buckets).toEqual([now.sites[0]?.bucket])
    expect(now.distributions).toEqual([now.sites[0]?.domain])
    expect(now.accessControls).toHaveLength(1)
    const prefixes = new Set([...now.objects.keys()].map((key) => key.split('/')[0]))
    expect(prefixes.size).toBe(releases)
    const live = [...now.objects.keys()].filter((key) =>
      key.startsWith(now.sites[0]?.release ?? 'none'),
    )
    expect(live).toHaveLength(5)
  }

  it('deploy, killed after any call of the API and run again, comes to the same', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    let session = 0
    const step = isFull ? 1 : 6
    for (let n = 1; ; n += step) {
      await moto.reset()
      const guid = await makeSession(lab, ++session)
      const folder = writeSite(lab, guid, site)
      const args = ['deploy', guid, '--dir', folder]
      const isKilled = await killAfter(gate, lab, n, args)
      if (!isKilled) break
      killed.push(String(gate.calls.at(-1)?.name.replace(' ', '-')))
      expect(await lab.run(args, { env: lab.aws }), `killed after call ${n}`).toMatchObject({
        code: 0,
        stdout: `https://${hostOf(guid)}/\n`,
      })
      await expectOneSite(1)
      expect(
        rowsOf(lab, 'SELECT release, url FROM releases WHERE guid = ?', guid),
        `killed after call ${n}`,
      ).toEqual([{ release: 1, url: `https://${hostOf(guid)}/` }])
    }
    expect(session).toBeGreaterThan(isFull ? 12 : 3)
  })

  /** What the records say of a session that was destroyed. */
  const recordsOf = (lab: AwsLab, guid: string) => ({
    urls: ['builds', 'releases'].flatMap((table) =>
      rowsOf(lab, `SELECT url FROM ${table} WHERE guid = ? AND url IS NOT NULL`, guid),
    ),
    marks: rowsOf(lab, 'SELECT destroy_at, remote_release FROM sessions WHERE guid = ?', guid),
    events: rowsOf(lab, "SELECT type FROM events WHERE guid = ? AND type = 'destroyed'", guid),
  })

  it('destroy, killed after any call of the API and run again, leaves nothing', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    let session = 0
    const step = isFull ? 1 : 9
    for (let n = 1; ; n += step) {
      await moto.reset()
      const guid = await makeSession(lab, ++session)
      await lab.deploy(guid, writeSite(lab, guid, site))
      endBuilds(lab)
      changeRecords(lab, "UPDATE sessions SET destroy_at = '2999-01-01T00:00:00Z'")
      changeRecords(lab, "UPDATE builds SET url = 'https://x.cloudfront.net/' WHERE guid = ?", guid)
      const args = ['destroy', guid, '--yes']
      const isKilled = await killAfter(gate, lab, n, args)
      if (!isKilled) break
      expect((await lab.run(args, { env: lab.aws })).code, `killed after call ${n}`).toBe(0)
      expect(await accountNow(moto.url), `killed after call ${n}`).toMatchObject(nothing)
      expect(recordsOf(lab, guid), `killed after call ${n}`).toEqual({
        urls: [],
        marks: [{ destroy_at: null, remote_release: null }],
        events: [{ type: 'destroyed' }],
      })
    }
    expect(session).toBeGreaterThan(isFull ? 8 : 2)
  })

  it('any number of deploys at once make one stack and one release', async () => {
    const lab = openAwsLab(moto.url)
    const guid = await makeSession(lab)
    const folder = writeSite(lab, guid, site)
    const all = await Promise.all(
      Array.from({ length: isFull ? 20 : 6 }, () => lab.deploy(guid, folder)),
    )
    expect(new Set(all.map(({ code, stdout }) => `${code} ${stdout}`))).toEqual(
      new Set([`0 https://${hostOf(guid)}/\n`]),
    )
    await expectOneSite(1)
    expect(rowsOf(lab, 'SELECT release FROM releases')).toHaveLength(1)
  })

  it.runIf(isFull)('so do deploys from two machines', async () => {
    const labs = [openAwsLab(moto.url), openAwsLab(moto.url)]
    const all = await Promise.all(
      labs.map(async (lab) => {
        const guid = await makeSession(lab)
        return lab.deploy(guid, writeSite(lab, guid, site))
      }),
    )
    expect(all.map(({ code, stderr }) => (code === 0 ? '' : stderr))).toEqual(['', ''])
    await expectOneSite(2)
  })

  it('throttling is waited for', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const refused = new Set<string>()
    gate.refuse = ({ name }) => {
      if (refused.has(name)) return undefined
      refused.add(name)
      return {
        status: name.startsWith('S3') ? 503 : 400,
        code: name.startsWith('S3') ? 'SlowDown' : 'Throttling',
      }
    }
    expect((await lab.deploy(guid, writeSite(lab, guid, site))).code).toBe(0)
    expect(refused.size).toBeGreaterThan(5)
    await expectOneSite(1)
  })

  it.each([
    ['expired credentials', 'ExpiredToken', /have expired/, /to continue/],
    ['a missing right', 'AccessDenied', /denies/, /deployer-policy/],
    ['a quota', 'TooManyBuckets', /quota/i, /inventory/],
  ])(
    '%s in the middle are told in plain words, and the next run goes on',
    async (_, code, says, cure) => {
      const gate = await openGate(moto.url)
      const lab = openAwsLab(gate.url)
      const guid = await makeSession(lab)
      const folder = writeSite(lab, guid, site)
      let puts = 0
      gate.refuse = ({ name }) =>
        name === 'S3 PUT' && ++puts > 1 ? { status: 403, code } : undefined
      const failed = await lab.deploy(guid, folder)
      expect(failed).toMatchObject({ code: 5, stdout: '', stderr: expect.stringMatching(says) })
      expect(failed.stderr).toMatch(cure)
      expect((await accountNow(moto.url)).sites).toMatchObject([{ release: 'none' }])
      gate.refuse = undefined
      expect((await lab.deploy(guid, folder)).code).toBe(0)
      await expectOneSite(1)
    },
  )

  it('any history, destroyed, leaves nothing', async () => {
    const random = seededRandom('histories on aws')
    const pick = (n: number) => random.between(0, n - 1)
    const gate = await openGate(moto.url)
    const edge = await openEdge(moto.url)
    const lab = openAwsLab(gate.url, { NODE_EXTRA_CA_CERTS: edge.ca })
    const run = (...args: string[]) => lab.run(args, { env: lab.aws })
    const guids: string[] = []
    for (let n = 1; n <= (isFull ? 50 : 3); n++) {
      const host = hostOf(guidOf(identityOf(n)))
      const guid = await makeSession(lab, n, {
        connectTo: [edge.connectTo(host)],
        verifyTimeoutMs: 1_000,
      })
      guids.push(guid)
      for (let step = 0; step <= pick(3); step++) {
        const folder = writeSite(lab, guid, { ...site, 'index.html': page(`${n} ${pick(3)}`) })
        const args = ['deploy', guid, '--dir', folder, '--mode', pick(2) === 0 ? 'spa' : 'mpa']
        if (pick(2) === 0) await killAfter(gate, lab, 1 + pick(15), args)
        else expect((await run(...args)).code).toBe(0)
      }
      endBuilds(lab)
      changeRecords(lab, 'UPDATE releases SET verified = 1 WHERE url IS NOT NULL')
      if (pick(2) === 0) await run('rollback', guid)
      if (pick(3) === 0) await killAfter(gate, lab, 1 + pick(8), ['destroy', guid, '--yes'])
    }
    for (const guid of guids) expect((await run('destroy', guid, '--yes')).code).toBe(0)
    expect(await accountNow(moto.url)).toMatchObject(nothing)
    expect(rowsOf(lab, "SELECT * FROM resources WHERE state <> 'deleted'")).toEqual([])
  }, 1_200_000)
})
