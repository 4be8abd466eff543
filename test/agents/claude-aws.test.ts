import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { gaps, openClaudeCliLab } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid, identityFlags } from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { isFull } from '../support/full.ts'
import { makeAuthority } from '../support/https-server.ts'

const program = requireClaudeProgramInCi()
const host = 'd111111abcdef8.cloudfront.net'

/** What a CDN would answer, over real TLS on loopback. */
async function startCdn(page: () => string) {
  const authority = makeAuthority()
  const server = createServer(authority.issue([`DNS:${host}`]), (_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(page())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { ca: authority.file, connectTo: `${host}:443:127.0.0.1:${port}` }
}

const page = (text: string) =>
  `<!doctype html><html lang="en"><title>Mugs</title><main><h1>Mugs</h1><p>${text}</p></main></html>`

describe.skipIf(!program)('the default target with the real Claude Code', () => {
  it('prints the CloudFront address that the agent claims, once it answers', async () => {
    let answers = 0
    const cdn = await startCdn(() => (++answers < 3 ? '' : page('Hand-made mugs, each its own.')))
    const lab = await openClaudeCliLab(
      program as string,
      followPrompt({ claim: () => `https://${host}/` }),
      { env: { NODE_EXTRA_CA_CERTS: cdn.ca } },
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
    expect((await lab.run(['deploy', guid, '--dir', '.'])).code).toBe(5)

    const again = await lab.run([...args, '--connect-to', cdn.connectTo])
    expect(again).toMatchObject({ code: 0, stdout: done.stdout })
    expect(await lab.events('registered')).toHaveLength(1)
  })

  it.runIf(isFull)(
    'believes no address that breaks the rules, whatever answers there',
    async () => {
      const cdn = await startCdn(() => page('Hand-made mugs, each its own.'))
      const lab = await openClaudeCliLab(
        program as string,
        followPrompt({ claim: () => `https://${host}.example.com/` }),
        { env: { NODE_EXTRA_CA_CERTS: cdn.ca } },
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
