import { execFile } from 'node:child_process'
import { createServer } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Authority, makeAuthority } from '../../support/https-server.ts'
import { cdn, goodPage, listen, sendPage } from './internet.ts'

let authority: Authority
let port: number
let proxyPort: number
let proxied = 0
const close: (() => void)[] = []

beforeAll(async () => {
  authority = makeAuthority()
  const server = createServer(authority.issue(['DNS:*.cloudfront.net']), sendPage(goodPage))
  const proxy = createTcp((socket) => {
    proxied++
    socket.destroy()
  })
  close.push(
    () => server.close(),
    () => proxy.close(),
  )
  port = await listen(server)
  proxyPort = await listen(proxy as never)
})
afterAll(() => {
  for (const end of close) end()
})

async function verifyInChild(env: Record<string, string>): Promise<unknown> {
  const child = join(import.meta.dirname, 'child.ts')
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [child, `https://${cdn}/`, `${cdn}:443:localhost:${port}`],
    { env },
  )
  return JSON.parse(stdout)
}

const warnings = () => [expect.stringContaining(`${cdn}:443:localhost:${port}`)]

test('an authority of NODE_EXTRA_CA_CERTS is trusted', async () => {
  const outcome = await verifyInChild({ NODE_EXTRA_CA_CERTS: authority.file })
  expect(outcome).toEqual({ verified: true, url: `https://${cdn}/`, warnings: warnings() })
})

test('without it nothing is, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
  for (const env of [{}, { NODE_TLS_REJECT_UNAUTHORIZED: '0' }])
    expect(await verifyInChild(env)).toMatchObject({ verified: false, evidence: { kind: 'tls' } })
})

test('proxies of the environment are not used', async () => {
  const proxy = `http://127.0.0.1:${proxyPort}`
  const outcome = await verifyInChild({
    NODE_EXTRA_CA_CERTS: authority.file,
    NODE_USE_ENV_PROXY: '1',
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    HTTP_PROXY: proxy,
    ALL_PROXY: proxy,
  })
  expect(outcome).toMatchObject({ verified: true })
  expect(proxied).toBe(0)
})
