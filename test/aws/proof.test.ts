import { describe, expect, it } from 'vitest'
import { openEdge } from '../support/aws-edge.ts'
import { type Gate, openGate } from '../support/aws-gate.ts'
import { accountNow, hostOf, openAwsLab } from '../support/aws-lab.ts'
import { guid, identityFlags, parseLines } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'

describe.skipIf(!hasMoto)(`what is shown of an address on aws${whyNoMoto}`, () => {
  const moto = useMoto()

  /** A whole build on the `aws` target; once its address was asked for, AWS refuses what is given. */
  async function register(refuse: Gate['refuse'], ...more: string[]) {
    const gate = await openGate(moto.url)
    const edge = await openEdge(moto.url)
    const lab = openAwsLab(gate.url, { NODE_EXTRA_CA_CERTS: edge.ca })
    const host = hostOf(guid)
    edge.falsify = (_, text) => {
      gate.refuse = refuse
      return text
    }
    const flags = ['--agent', 'demo', '--target', 'aws', '--connect-to', edge.connectTo(host)]
    const args = ['register', ...identityFlags, '--request', 'Bees', ...flags, '--json', ...more]
    const done = await lab.run(args, { env: lab.aws })
    gate.refuse = undefined
    return { lab, host, events: parseLines(done.stdout), result: parseLines(done.stdout).at(-1) }
  }

  it('its stack is this session’s and its marker this release’s: marker', async () => {
    const { lab, host, events, result } = await register(
      undefined,
      ...['--require-proof', 'marker', '--ttl', '30d'],
    )
    expect(result).toMatchObject({
      url: `https://${host}/`,
      verified: true,
      proof: 'marker',
      exit_code: 0,
    })
    const steps = events.filter((event) => event.type === 'deploy_step').map(({ step }) => step)
    expect(steps).toEqual(['account', 'stack', 'upload', 'switch', 'invalidate'])
    expect((await accountNow(moto.url)).sites).toHaveLength(1)
    const { destroy_at } = await lab.json<{ destroy_at: string }>(['status', guid])
    const days = (Date.parse(destroy_at) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29)
    expect(days).toBeLessThan(30)
    expect((await lab.run(['status', guid])).stdout).toMatch(
      /\(verified, proof: marker\).*gc --remote/s,
    )
    expect((await lab.run(['gc', '--remote'], { env: lab.aws })).stdout).toContain('destroyed 0')
    expect((await lab.run(['stop', guid], { env: lab.aws })).code).toBe(0)
    expect((await lab.run(['destroy', guid, '--yes'], { env: lab.aws })).code).toBe(0)
    expect((await accountNow(moto.url)).distributions).toEqual([])
  })

  it.runIf(isFull)(
    'AWS cannot be asked again: what deploy saw counts, and the result says so',
    async () => {
      const { result } = await register(() => ({ status: 403, code: 'ExpiredToken' }))
      expect(result).toMatchObject({ proof: 'marker', exit_code: 0 })
      expect(JSON.stringify(result?.warnings)).toContain('could not be asked')
    },
  )

  it('the stack is not this session’s any more: no marker, whatever the page says', async () => {
    const gone = { status: 400, code: 'ValidationError', message: 'Stack does not exist' }
    const { result } = await register(
      ({ name }) => (name === 'DescribeStacks' ? gone : undefined),
      ...['--require-proof', 'marker', '--max-attempts', '1'],
    )
    expect(result).toMatchObject({ verified: false, exit_code: 7 })
  })
})
