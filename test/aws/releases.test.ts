import { describe, expect, it } from 'vitest'
import { openGate } from '../support/aws-gate.ts'
import { accountNow, makeSession, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import { openReleases } from '../support/aws-releases.ts'
import { countOf, journalOf, rowsOf } from '../support/builds.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { changeRecords } from '../support/sessions.ts'

describe.skipIf(!hasMoto)(`releases on aws${whyNoMoto}`, () => {
  const moto = useMoto()

  it.runIf(isFull)(
    'goes back and forth, each time verified; what is missing stays missing',
    async () => {
      const { edge, host, lab, guid, start, run, releases } = await openReleases(moto.url)
      expect(await start()).toBe(page('two'))
      const before = await accountNow(moto.url)
      const done = await run('rollback', guid)
      expect(done).toMatchObject({ code: 0, stdout: `https://${host}/\n` })
      expect(done.stderr).toBe(`making release 1 the live one\nverifying https://${host}/\n`)
      expect(await start()).toBe(page('one'))
      expect(await releases()).toEqual([
        { release: 2, live: false, verified: true },
        { release: 1, live: true, verified: true },
      ])
      const after = await accountNow(moto.url)
      expect(after.objects).toEqual(before.objects)
      expect((await edge.visit(host, '/no-such.js')).status).toBe(404)
      expect((await run('rollback', guid, '2')).code).toBe(0)
      expect(await start()).toBe(page('two'))
      expect((await run('rollback', guid, '7')).code).toBe(2)
      const events = await journalOf(lab, guid)
      expect(events.filter((event) => event.type === 'rolled_back')).toMatchObject([
        { release: 1, from: 2 },
        { release: 2, from: 1 },
      ])
    },
  )

  it('a release that does not verify is switched back: exit 7', async () => {
    const { edge, guid, lab, start, run, releases } = await openReleases(moto.url)
    edge.falsify = (path, text) => (path.endsWith('.json') ? '{"release":"another"}' : text)
    expect(await run('rollback', guid)).toMatchObject({
      code: 7,
      stdout: '',
      stderr: expect.stringContaining('another release'),
    })
    edge.falsify = undefined
    expect(await start()).toBe(page('two'))
    expect((await releases())[0]).toMatchObject({ release: 2, live: true })
    expect(countOf(await journalOf(lab, guid), 'verify_failed')).toBe(1)
    // Nothing is left to go on with.
    expect(rowsOf(lab, 'SELECT rollback FROM sessions')).toEqual([{ rollback: null }])
  })

  it('is refused while a build runs: exit 6', async () => {
    const { lab, guid, run } = await openReleases(moto.url)
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
    expect((await run('rollback', guid)).code).toBe(6)
    expect((await run('destroy', guid, '--yes')).code).toBe(6)
  })

  it('a build that is stopped leaves the last verified release live', async () => {
    const { lab, guid, start, run, releases } = await openReleases(moto.url)
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
    await lab.deploy(guid, writeSite(lab, guid, { 'index.html': page('three') }))
    expect(await start()).toBe(page('three'))
    expect((await run('stop', guid)).code).toBe(0)
    expect(await start()).toBe(page('two'))
    expect((await releases()).filter((one) => one.live)).toEqual([
      { release: 2, live: true, verified: true },
    ])
  })

  it.runIf(isFull)(
    'also when it is stopped right after a switch that nobody could record',
    async () => {
      const { lab, guid, start, run } = await openReleases(moto.url)
      changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
      const gate = await openGate(moto.url)
      const folder = writeSite(lab, guid, { 'index.html': page('three') })
      const deploying = lab.start(['deploy', guid, '--dir', folder], {
        env: { ...lab.aws, AWS_ENDPOINT_URL: gate.url },
      })
      gate.onDone = async (call) => {
        if (call.name !== 'UpdateStack') return
        deploying.kill('SIGKILL')
        await deploying.done
      }
      expect((await deploying.done).signal).toBe('SIGKILL')
      expect(await start()).toBe(page('three'))
      expect((await run('stop', guid)).code).toBe(0)
      expect(await start()).toBe(page('two'))
    },
  )

  it.runIf(isFull)('a build that ends before its stack is made makes none: exit 6', async () => {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    gate.onDone = ({ name }) => {
      if (name === 'GetCallerIdentity')
        changeRecords(lab, "UPDATE builds SET state = 'stopped', ended_at = '2026-01-01T00:00:00Z'")
    }
    const late = await lab.deploy(guid, writeSite(lab, guid, { 'index.html': page('one') }))
    expect(late).toMatchObject({ code: 6, stdout: '' })
    expect((await accountNow(moto.url)).sites).toEqual([])
  })

  it('a deployment that comes after its build’s end changes nothing: exit 6', async () => {
    const { lab, guid, start, releases } = await openReleases(moto.url)
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
    const gate = await openGate(moto.url)
    const folder = writeSite(lab, guid, { 'index.html': page('three') })
    gate.onDone = (call) => {
      if (call.name === 'UpdateStack')
        changeRecords(lab, "UPDATE builds SET state = 'failed', ended_at = '2026-01-01T00:00:00Z'")
    }
    const late = await lab.run(['deploy', guid, '--dir', folder], {
      env: { ...lab.aws, AWS_ENDPOINT_URL: gate.url },
    })
    expect(late).toMatchObject({ code: 6, stdout: '' })
    expect(await start()).toBe(page('two'))
    expect((await releases()).filter((one) => one.live)).toMatchObject([{ release: 2 }])
    expect((await lab.run(['deploy', guid, '--dir', folder], { env: lab.aws })).code).toBe(6)
  })
})
