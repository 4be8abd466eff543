import { describe, expect, it } from 'vitest'
import { type Gate, openGate } from '../support/aws-gate.ts'
import { page } from '../support/aws-lab.ts'
import { openReleases } from '../support/aws-releases.ts'
import { journalOf, rowsOf, stateOf } from '../support/builds.ts'
import { type Running, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'
import { changeRecords } from '../support/sessions.ts'

const anotherMarker = (path: string, text: string) =>
  path.endsWith('.json') ? '{"release":"another"}' : text

describe.skipIf(!hasMoto)(`a rollback on aws that is cut short${whyNoMoto}`, () => {
  const moto = useMoto()

  /** Three verified releases, the third live, and a gate between the program and AWS. */
  async function openThree() {
    const gate = await openGate(moto.url)
    const made = await openReleases(moto.url, gate.url)
    const { lab, guid, deploy } = made
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
    await deploy('three')
    changeRecords(
      lab,
      "UPDATE builds SET state = 'deployed', verified = 1, ended_at = '2026-01-01T00:00:00Z', url = ?",
      `https://${made.host}/`,
    )
    changeRecords(lab, 'UPDATE releases SET verified = 1')
    const start = (...args: string[]) => lab.start(args, { env: lab.aws })
    return { ...made, gate, begin: () => start('rollback', guid) }
  }

  /** Kills the program when AWS has switched, before it hears of it. */
  async function killAfterSwitch(gate: Gate, running: Running) {
    gate.onDone = async (call) => {
      if (call.name !== 'UpdateStack') return
      running.kill('SIGKILL')
      await running.done
    }
    expect((await running.done).signal).toBe('SIGKILL')
    gate.onDone = undefined
  }

  it('by Ctrl-C while it verifies is continued, and goes back no further', async () => {
    const { edge, begin, run, guid, start, releases, lab } = await openThree()
    changeRecords(
      lab,
      "UPDATE builds SET settings = json_set(settings, '$.verifyTimeoutMs', 60000)",
    )
    edge.falsify = anotherMarker
    const running = begin()
    await waitFor('it tells that it tries again', () => running.complained().includes('not yet: '))
    running.kill('SIGINT')
    expect(await running.done).toMatchObject({
      code: 130,
      stdout: '',
      stderr: expect.stringContaining('Run the same command again to continue'),
    })
    edge.falsify = undefined
    expect(await run('rollback', guid)).toMatchObject({ code: 0 })
    expect(await start()).toBe(page('two'))
    expect((await releases()).filter((one) => one.live)).toMatchObject([{ release: 2 }])
    const events = await journalOf(lab, guid)
    expect(events.filter((event) => event.type === 'rolled_back')).toMatchObject([
      { release: 2, from: 3 },
    ])
    expect((await run('rollback', guid)).code).toBe(0)
    expect(await start()).toBe(page('one'))
  })

  it.runIf(isFull)('by kill -9 right after the switch is continued', async () => {
    const { gate, begin, run, guid, start, lab } = await openThree()
    await killAfterSwitch(gate, begin())
    expect(await start()).toBe(page('two'))
    // Also when the next one cannot do it either.
    gate.refuse = ({ name }) =>
      name === 'UpdateStack' ? { status: 403, code: 'AccessDenied' } : undefined
    expect((await run('rollback', guid)).code).toBe(5)
    gate.refuse = undefined
    expect(rowsOf(lab, 'SELECT rollback FROM sessions')).toEqual([
      { rollback: '{"release":2,"from":3}' },
    ])
    expect(await run('rollback', guid)).toMatchObject({ code: 0 })
    expect(await start()).toBe(page('two'))
  })

  it.runIf(isFull)(
    'to a release that was named is continued by its name, and taken back',
    async () => {
      const { edge, gate, run, guid, start, lab } = await openThree()
      await killAfterSwitch(gate, lab.start(['rollback', guid, '1'], { env: lab.aws }))
      edge.falsify = anotherMarker
      expect((await run('rollback', guid, '1')).code).toBe(7)
      edge.falsify = undefined
      expect(await start()).toBe(page('three'))
    },
  )

  it('that AWS refuses changes nothing, and leaves nothing to go on with', async () => {
    const { gate, run, guid, start, lab } = await openThree()
    gate.refuse = ({ name }) =>
      name === 'UpdateStack' ? { status: 403, code: 'AccessDenied' } : undefined
    expect((await run('rollback', guid)).code).toBe(5)
    gate.refuse = undefined
    expect(rowsOf(lab, 'SELECT rollback, remote_release FROM sessions')).toEqual([
      { rollback: null, remote_release: 3 },
    ])
    expect(await start()).toBe(page('three'))
  })

  it.runIf(isFull)(
    'in the switch back of a stopped build is tried again by the next stop',
    async () => {
      const { gate, run, guid, start, lab, deploy } = await openThree()
      changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL, attempt = 2")
      await deploy('four')
      gate.refuse = ({ name }) =>
        name === 'UpdateStack' ? { status: 403, code: 'AccessDenied' } : undefined
      expect(await run('stop', guid)).toMatchObject({
        code: 0,
        stderr: expect.stringContaining('could not be made live and verified'),
      })
      expect(await start()).toBe(page('four'))
      gate.refuse = undefined
      expect((await run('stop', guid)).code).toBe(0)
      expect(await start()).toBe(page('three'))
    },
  )

  it.runIf(isFull)('is what a build that fails or is stopped after it goes back to', async () => {
    const { gate, begin, run, guid, start, lab, deploy } = await openThree()
    await killAfterSwitch(gate, begin())
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL, attempt = 2")
    await deploy('four')
    expect(await start()).toBe(page('four'))
    expect(await run('stop', guid)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('making release 2 on aws live again'),
    })
    expect(await start()).toBe(page('two'))
    expect(stateOf(lab, guid)).toBe('stopped')
  })

  it.runIf(isFull)(
    'nobody deploys while it verifies: what is deployed then stays live',
    async () => {
      const { edge, begin, start, lab, deploy } = await openThree()
      changeRecords(
        lab,
        "UPDATE builds SET settings = json_set(settings, '$.verifyTimeoutMs', 15000)",
      )
      edge.falsify = anotherMarker
      const running = begin()
      await waitFor('it tells that it tries again', () =>
        running.complained().includes('not yet: '),
      )
      changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
      const deploying = deploy('four')
      // It takes back its own switch, and not the one of the deployment.
      expect((await running.done).code).toBe(7)
      expect((await deploying).code).toBe(0)
      expect(await start()).toBe(page('four'))
    },
  )

  it.runIf(isFull)('takes an archived session back into the list', async () => {
    const { lab, guid, run } = await openThree()
    changeRecords(lab, "UPDATE sessions SET archived_at = '2026-01-01T00:00:00Z'")
    expect((await run('rollback', guid)).code).toBe(0)
    expect(rowsOf(lab, 'SELECT archived_at FROM sessions')).toEqual([{ archived_at: null }])
  })
})

describe.skipIf(!hasMoto)(`releases of a site that was made anew${whyNoMoto}`, () => {
  const moto = useMoto()

  it('are at no address any more, and none is rolled back to', async () => {
    const { lab, guid, deploy, run, releases, host } = await openReleases(moto.url)
    // Somebody deleted the stack; the next one has another distribution, and so another host.
    await moto.reset()
    changeRecords(lab, "UPDATE releases SET url = 'https://dold.cloudfront.net/'")
    changeRecords(lab, "UPDATE builds SET state = 'deploying', ended_at = NULL")
    expect(await deploy('three')).toMatchObject({ code: 0, stdout: `https://${host}/\n` })
    changeRecords(lab, "UPDATE builds SET state = 'deployed', ended_at = '2026-01-01T00:00:00Z'")
    expect(await releases()).toEqual([{ release: 3, live: true, verified: false }])
    expect((await run('rollback', guid)).code).toBe(2)
    changeRecords(lab, "UPDATE releases SET url = 'https://dold.cloudfront.net/' WHERE release = 3")
    expect(await run('rollback', guid, '3')).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('recreated since'),
    })
    expect(rowsOf(lab, 'SELECT rollback FROM sessions')).toEqual([{ rollback: null }])
  })
})
