import { describe, expect, it } from 'vitest'
import { type Call, openGate } from '../support/aws-gate.ts'
import { accountNow, makeSession, openAwsLab, page, writeSite } from '../support/aws-lab.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'

const assets = Array.from({ length: 40 }, (_, n): [string, string] => [`file-${n}.txt`, `${n}`])
const site = { 'index.html': page('one'), ...Object.fromEntries(assets) }

describe.skipIf(!hasMoto)(`calls of aws that do not end well${whyNoMoto}`, () => {
  const moto = useMoto()

  async function openSession() {
    const gate = await openGate(moto.url)
    const lab = openAwsLab(gate.url)
    const guid = await makeSession(lab)
    const args = ['deploy', guid, '--dir', writeSite(lab, guid, site)]
    return { gate, start: () => lab.start(args, { env: lab.aws }) }
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
