import { describe, expect, it } from 'vitest'
import { type Call, openGate } from '../support/aws-gate.ts'
import {
  type AwsLab,
  accountNow,
  makeSession,
  openAwsLab,
  page,
  writeSite,
} from '../support/aws-lab.ts'
import { waitFor } from '../support/cli-lab.ts'
import { findProcesses } from '../support/find-processes.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'

const assets = Array.from({ length: 40 }, (_, n): [string, string] => [`file-${n}.txt`, `${n}`])
const site = { 'index.html': page('one'), ...Object.fromEntries(assets) }

/** Living processes that work in AWS for that home. */
const findWorkers = (lab: AwsLab): number[] =>
  findProcesses(
    ({ argv, environment }) =>
      argv.some((word) => word.endsWith('dist/aws.js')) &&
      environment.some((entry) => entry.includes(lab.home)),
  ).map(({ pid }) => pid)

describe.skipIf(!hasMoto)(`calls of aws that do not end well${whyNoMoto}`, () => {
  const moto = useMoto()

  async function openSession() {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const args = ['deploy', guid, '--dir', writeSite(lab, guid, site)]
    return { gate, lab, start: () => lab.start(args, { env: lab.aws }) }
  }

  it.each(['GetCallerIdentity', 'CreateStack', 'S3 PUT'])(
    'an interrupt ends a deployment whose %s is not answered, at once',
    async (name) => {
      const { gate, start } = await openSession()
      const deploying = start()
      let held = 0
      gate.onDone = (call) => {
        if (call.name !== name) return
        // Of several uploads at once only one.
        if (held++ === 0) deploying.kill('SIGINT')
        return new Promise(() => {})
      }
      expect(await deploying.done).toMatchObject({
        code: 130,
        stdout: '',
        stderr: expect.stringContaining('Ended by SIGINT.'),
      })
      gate.onDone = undefined
      expect(await start().done).toMatchObject({ code: 0 })
      expect((await accountNow(moto.url)).sites).toHaveLength(1)
    },
    60_000,
  )

  it('a program that is killed takes the process that works for it along, in order', async () => {
    const { gate, lab, start } = await openSession()
    const deploying = start()
    gate.onDone = async (call) => {
      if (call.name !== 'CreateStack') return
      expect(findWorkers(lab)).toHaveLength(1)
      deploying.kill('SIGKILL')
      await deploying.done
      await waitFor('the end of its process', () => findWorkers(lab).length === 0, 5_000)
    }
    expect((await deploying.done).signal).toBe('SIGKILL')
    await waitFor('the end of its process', () => findWorkers(lab).length === 0, 5_000)
    const calls = gate.calls.length
    expect(gate.calls.at(-1)?.name).toBe('CreateStack')
    gate.onDone = undefined
    expect(await start().done).toMatchObject({ code: 0 })
    expect(gate.calls.length).toBeGreaterThan(calls)
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
  })

  it('a process for AWS that is killed is told as what it is, and the next run goes on', async () => {
    const { gate, lab, start } = await openSession()
    gate.onDone = (call) => {
      if (call.name === 'CreateStack')
        for (const pid of findWorkers(lab)) process.kill(pid, 'SIGKILL')
    }
    expect(await start().done).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringContaining('The process that works in AWS was killed.'),
    })
    gate.onDone = undefined
    expect(await start().done).toMatchObject({ code: 0 })
  })

  it('an upload that is refused is the last: none follows those under way', async () => {
    const { gate, start } = await openSession()
    const isUpload = (call: Call) => call.name === 'S3 PUT'
    gate.refuse = (call) =>
      isUpload(call) && call.path.includes('file-1.txt')
        ? { status: 403, code: 'AccessDenied' }
        : undefined
    expect(await start().done).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('AWS denies'),
    })
    expect(gate.calls.filter(isUpload).length).toBeLessThan(15)
  })
})
