import { expect, it } from 'vitest'
import { openEdge } from '../support/aws-edge.ts'
import { openGate } from '../support/aws-gate.ts'
import { accountNow, hostOf, openAwsLab } from '../support/aws-lab.ts'
import { buildsOf, countOf, journalOf, rowsOf } from '../support/builds.ts'
import { guid, identityFlags, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'

const moto = useMoto()

it.skipIf(!hasMoto)(
  `a session lives on aws from its first build to its destruction${whyNoMoto}`,
  async () => {
    const gate = await openGate(moto.url)
    const edge = await openEdge(moto.url)
    const lab = openAwsLab(gate.url, { NODE_EXTRA_CA_CERTS: edge.ca })
    const host = hostOf(guid)
    const url = `https://${host}/`
    const run = (...args: string[]) => lab.run(args, { env: lab.aws })
    const start = async () => (await edge.visit(host, '/')).text
    const flags = ['--agent', 'demo', '--agent-option', 'pace=0', '--target', 'aws']
    const register = (...more: string[]) =>
      run(
        ...['register', ...identityFlags, '--request', 'A page about bees', ...flags],
        ...['--connect-to', edge.connectTo(host), '--verify-timeout', '20s', ...more],
      )
    const refineArgs = (request: string, scenario: string, ...more: string[]) => [
      ...['refine', guid, '--request', request, '--connect-to', edge.connectTo(host)],
      ...['--agent-option', `scenario=${scenario}`, ...more],
    ]
    const refine = (...args: Parameters<typeof refineArgs>) => run(...refineArgs(...args))

    expect(await register()).toMatchObject({ code: 0, stdout: `${url}\n` })
    const bees = await start()

    // What a failed refinement deployed is taken back by its supervisor; the next one waits for that.
    const heldBack = isFull ? Promise.withResolvers<void>() : undefined
    let switches = 0
    gate.onDone = ({ name }) => {
      // The deployment's switch, then the one back.
      if (name === 'UpdateStack' && ++switches === 2) return heldBack?.promise
    }
    expect(await refine('Make it red', 'lie-about-url', '--max-attempts', '1')).toMatchObject({
      code: 7,
      stdout: '',
    })
    const next = lab.start(refineArgs('Make it red', 'ok'), { env: lab.aws })
    if (heldBack) {
      await waitFor('it says that it waits', () => next.complained().includes('waiting for the'))
      heldBack.resolve()
    }
    expect(await next.done).toMatchObject({ code: 0, stdout: `${url}\n` })
    gate.onDone = undefined
    const red = await start()
    expect(red).not.toBe(bees)

    // A rollback killed between AWS and the records is finished by whoever asks next.
    const rollback = lab.start(['rollback', guid], { env: lab.aws })
    gate.onDone = async (call) => {
      if (call.name !== 'UpdateStack') return
      rollback.kill('SIGKILL')
      await rollback.done
    }
    expect((await rollback.done).signal).toBe('SIGKILL')
    gate.onDone = undefined
    expect(await register('--ttl', '30d')).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(buildsOf(lab)).toHaveLength(3)
    // The supervisor's own was the first.
    expect(countOf(await journalOf(lab), 'rolled_back')).toBe(2)
    expect(await start()).toBe(bees)
    expect(rowsOf(lab, 'SELECT destroy_at FROM sessions')[0]?.destroy_at).toEqual(
      expect.any(String),
    )

    // The refinement is not what is live: the same again is a new build.
    expect(await refine('Make it red', 'ok')).toMatchObject({ code: 0 })
    expect(buildsOf(lab)).toHaveLength(4)
    expect(await start()).not.toBe(bees)

    expect((await run('stop', guid)).code).toBe(0)
    expect((await run('destroy', guid, '--yes')).code).toBe(0)
    expect((await accountNow(moto.url)).distributions).toEqual([])
    expect(await refine('Make it blue', 'ok')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing to refine'),
    })
    expect(await register()).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(buildsOf(lab)).toHaveLength(5)
  },
)
