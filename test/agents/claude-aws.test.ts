import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { CloudFrontClient, CreateDistributionWithTagsCommand } from '@aws-sdk/client-cloudfront'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openEdge } from '../support/aws-edge.ts'
import { openGate } from '../support/aws-gate.ts'
import { awsEnv, hostOf } from '../support/aws-lab.ts'
import { gaps, openClaudeCliLab } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid, identityFlags, parseLines } from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { isFull } from '../support/full.ts'
import { makeAuthority } from '../support/https-server.ts'
import { hasMoto, useMoto, whyNoMoto } from '../support/moto.ts'

const program = requireClaudeProgramInCi()
const host = 'd111111abcdef8.cloudfront.net'

/** What a CDN would answer, over real TLS on loopback. */
async function startCdn(page: () => string, name = host) {
  const authority = makeAuthority()
  const server = createServer(authority.issue([`DNS:${name}`]), (_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(page())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { ca: authority.file, connectTo: `${name}:443:127.0.0.1:${port}` }
}

const page = (text: string) =>
  `<!doctype html><html lang="en"><title>Mugs</title><main><h1>Mugs</h1><p>${text}</p></main></html>`

describe.skipIf(!program || !hasMoto)(`aws with the real Claude Code${whyNoMoto}`, () => {
  const moto = useMoto()

  it('is deployed by the helper and proved by its marker; refined, rolled back to', async () => {
    const edge = await openEdge(moto.url)
    const env = { NODE_EXTRA_CA_CERTS: edge.ca, ...awsEnv(moto.url) }
    const lab = await openClaudeCliLab(program as string, followPrompt(), { env })
    const own = hostOf(guid)
    const flags = ['--connect-to', edge.connectTo(own), '--require-proof', 'marker', '--json']
    const done = await lab.run(['register', ...identityFlags, '--request', 'Bees', ...flags])
    const [result] = parseLines(done.stdout).slice(-1)
    expect(result).toMatchObject({
      exit_code: 0,
      url: `https://${own}/`,
      verified: true,
      proof: 'marker',
    })
    expect((await edge.visit(own, '/')).text).toContain('Bees')
    expect(await lab.json(['status', guid])).toMatchObject({ proof: 'marker', verified: true })

    // The rest with the demo agent and by itself: test/aws.
    if (!isFull) return

    expect((await lab.run(['refine', guid, '--request', 'Wasps', ...flags])).code).toBe(0)
    expect((await edge.visit(own, '/')).text).toContain('Wasps')
    expect((await lab.run(['rollback', guid])).code).toBe(0)
    expect((await edge.visit(own, '/')).text).toContain('Bees')

    // What cannot be proved fails, and what was live stays live.
    edge.falsify = (path, text) => (path.endsWith('.json') ? '{}' : text)
    const more = ['--max-attempts', '1', '--verify-timeout', '1s']
    const failed = await lab.run(['refine', guid, '--request', 'Hornets', ...flags, ...more])
    expect(parseLines(failed.stdout).at(-1)).toMatchObject({ exit_code: 7, verified: false })
    edge.falsify = undefined
    expect((await lab.events('deploy_step')).filter((one) => one.step === 'restore')).toEqual([])
    expect((await edge.visit(own, '/')).text).toContain('Bees')
  })

  it('a distribution of its own that carries the GUID is shown to be ours: resource', async () => {
    const front = new CloudFrontClient({
      endpoint: moto.url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    })
    const origin = {
      Id: 'o',
      DomainName: 'o.s3.amazonaws.com',
      S3OriginConfig: { OriginAccessIdentity: '' },
    }
    const { Distribution } = await front.send(
      new CreateDistributionWithTagsCommand({
        DistributionConfigWithTags: {
          DistributionConfig: {
            CallerReference: 'own',
            Comment: '',
            Enabled: true,
            Origins: { Quantity: 1, Items: [origin] },
            DefaultCacheBehavior: { TargetOriginId: 'o', ViewerProtocolPolicy: 'https-only' },
          },
          Tags: { Items: [{ Key: 'tmux-builder:guid', Value: guid }] },
        },
      }),
    )
    const own = Distribution?.DomainName ?? ''
    const cdn = await startCdn(() => page('Hand-made mugs, each its own.'), own)
    const env = { NODE_EXTRA_CA_CERTS: cdn.ca, ...awsEnv(moto.url) }
    const script = followPrompt({ claim: () => `https://${own}/` })
    const lab = await openClaudeCliLab(program as string, script, { env })
    const flags = ['--connect-to', cdn.connectTo, '--require-proof', 'resource', '--json']
    const done = await lab.run(['register', ...identityFlags, '--request', 'Mugs', ...flags])
    expect(parseLines(done.stdout).at(-1)).toMatchObject({ exit_code: 0, proof: 'resource' })
  })

  it.runIf(isFull)(
    'without it nothing stronger than an answer is shown, and that may be too little',
    async () => {
      const cdn = await startCdn(() => page('Hand-made mugs, each its own.'))
      const gate = await openGate(moto.url)
      const env = { NODE_EXTRA_CA_CERTS: cdn.ca, ...awsEnv(gate.url) }
      const script = followPrompt({ claim: () => `https://${host}/` })
      const lab = await openClaudeCliLab(program as string, script, { env })
      const flags = ['--connect-to', cdn.connectTo, '--max-attempts', '1']
      const args = ['register', ...identityFlags, '--request', 'Mugs', ...flags]
      const proof = ['--require-proof', 'resource', '--verify-timeout', '20s']
      expect(await lab.run([...args, ...proof])).toMatchObject({
        code: 7,
        stderr: expect.stringContaining('its proof is live, and resource is required'),
      })
      // AWS may tell of tags late.
      expect(gate.calls.filter(({ name }) => name === 'GetResources')).toHaveLength(2)
    },
  )

  it.runIf(isFull)(
    'prints the CloudFront address that the agent claims, once it answers',
    async () => {
      let answers = 0
      const cdn = await startCdn(() => (++answers < 3 ? '' : page('Hand-made mugs, each its own.')))
      const gate = await openGate(moto.url)
      gate.refuse = (call) =>
        call.name === 'GetResources' ? { status: 403, code: 'AccessDenied' } : undefined
      const lab = await openClaudeCliLab(
        program as string,
        followPrompt({ claim: () => `https://${host}/` }),
        { env: { NODE_EXTRA_CA_CERTS: cdn.ca, ...awsEnv(gate.url) } },
      )
      const args = ['register', ...identityFlags, '--request', 'A shop for mugs']
      const done = await lab.run([...args, '--connect-to', cdn.connectTo])
      expect(done).toMatchObject({ code: 0, stdout: `https://${host}/\n` })
      expect(done.stderr).toMatch(/warning: .*127\.0\.0\.1/)
      // Empty twice, as while a CDN spreads it.
      expect(answers).toBe(3)
      const events = await lab.events()
      expect(gaps(events)).toEqual([])
      expect(events.at(-1)).toMatchObject({ type: 'deployed', verified: true })
      // It answers, and AWS did not tell whose it is.
      expect(events.find((event) => event.type === 'verified')).toMatchObject({ proof: 'live' })

      const again = await lab.run([...args, '--connect-to', cdn.connectTo])
      expect(again).toMatchObject({ code: 0, stdout: done.stdout })
      expect(await lab.events('registered')).toHaveLength(1)
    },
  )

  it.runIf(isFull)(
    'believes no address that breaks the rules, whatever answers there',
    async () => {
      const cdn = await startCdn(() => page('Hand-made mugs, each its own.'))
      const lab = await openClaudeCliLab(
        program as string,
        followPrompt({ claim: () => `https://${host}.example.com/` }),
        { env: { NODE_EXTRA_CA_CERTS: cdn.ca, ...awsEnv(moto.url) } },
      )
      const done = await lab.run([
        'register',
        ...identityFlags,
        '--request',
        'A shop for mugs',
        '--max-attempts',
        '1',
        '--connect-to',
        cdn.connectTo.replace(host, `${host}.example.com`),
      ])
      expect(done).toMatchObject({ code: 7, stdout: '' })
    },
  )
})
