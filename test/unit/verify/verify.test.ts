import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { makeAuthority } from '../../support/https-server.ts'
import {
  balancer,
  cdn,
  domain,
  goodPage,
  type Handler,
  type Internet,
  listen,
  openInternet,
  publicAddress,
  sendPage,
} from './internet.ts'

let internet: Internet
beforeAll(async () => {
  internet = await openInternet()
})
afterAll(() => internet.close())
beforeEach(() => internet.reset())

const url = `https://${cdn}/`
const redirectTo =
  (location: string, status = 302): Handler =>
  (request, response) => {
    if (request.url === '/') response.writeHead(status, { location }).end()
    else sendPage(goodPage)(request, response)
  }
/** Another server of the application's host, reached by `--connect-to`. */
const serve = async (server: Parameters<typeof listen>[0]) => {
  const port = await listen(server)
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
  })
  return { connectTo: [{ host: cdn, port: 443, address: '127.0.0.1', toPort: port }] }
}

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('%i is followed', async (status) => {
    internet.state.answer = redirectTo('/app', status)
    expect(await internet.verify(url)).toEqual({ verified: true, url, warnings: [] })
    expect(internet.state.requests.map((request) => request.url)).toEqual(['/', '/app'])
  })

  test('from http to https on the same load balancer', async () => {
    internet.state.answer = (request, response) =>
      'encrypted' in request.socket
        ? sendPage(goodPage)(request, response)
        : response.writeHead(301, { location: `https://${balancer}/` }).end()
    expect(await internet.verify(`http://${balancer}/`)).toMatchObject({ verified: true })
    expect(internet.reached.attempts).toEqual([`${publicAddress}:80`, `${publicAddress}:443`])
  })

  test('to another host within the rules', async () => {
    internet.state.answer = redirectTo(`https://${domain}/app`)
    expect(await internet.verify(url)).toMatchObject({ verified: true, url })
  })

  test.each([
    `http://${cdn}/app`,
    'https://attacker.example/app',
    `https://user@${cdn}/app`,
    `https://${cdn}:8443/app`,
    'https://127.0.0.1/app',
    'http://169.254.169.254/latest/meta-data/',
    '//attacker.example/app',
    'https://[::1]/app',
    'file:///etc/passwd',
    'javascript:1',
    'https://',
    `https://${cdn}.attacker.example/app`,
    'https://todo.s3.us-east-1.amazonaws.com/index.html',
  ])('to %s break the rule', async (location) => {
    internet.state.answer = redirectTo(location)
    expect(await internet.verify(url, { timeoutMs: 60_000 })).toMatchObject({
      verified: false,
      tries: 1,
      evidence: { kind: 'rule' },
    })
    expect(internet.reached).toEqual({ forbidden: 0, attempts: [`${publicAddress}:443`] })
  })

  test('to a name that has become private', async () => {
    internet.state.answer = redirectTo('/app')
    const answers = [[publicAddress], ['10.0.0.1']]
    const resolve = async () => answers.shift() ?? []
    expect(await internet.verify(url, { resolve })).toMatchObject({ evidence: { kind: 'rule' } })
    expect(internet.reached.forbidden).toBe(0)
  })

  test('without end', async () => {
    internet.state.answer = (_request, response) => response.writeHead(302, { location: '/' }).end()
    expect(await internet.verify(url)).toMatchObject({ tries: 1, evidence: { kind: 'rule' } })
    expect(internet.state.requests).toHaveLength(6)
  })

  test('without a location', async () => {
    internet.state.answer = (_request, response) => response.writeHead(302).end()
    expect(await internet.verify(url)).toMatchObject({ evidence: { kind: 'status', status: 302 } })
  })
})

describe('trying again', () => {
  test('while a CDN spreads the site', async () => {
    const bad = [
      sendPage('', 'text/html', 503),
      sendPage('<Error/>', 'application/xml'),
      sendPage('Not Found'),
    ]
    internet.state.answer = (...exchange) => (bad.shift() ?? sendPage(goodPage))(...exchange)
    const tries: unknown[] = []
    const onTry = (evidence: { kind: string }, ms: number) => tries.push([evidence.kind, ms])
    expect(await internet.verify(url, { timeoutMs: 60_000, onTry })).toMatchObject({
      verified: true,
    })
    expect(tries).toEqual([
      ['status', 250],
      ['content', 500],
      ['content', 1_000],
    ])
  })

  test('when the name appears late', async () => {
    const answers = [new Error('queryA ENOTFOUND'), [], [publicAddress]]
    const resolve = async () => {
      const answer = answers.shift() ?? []
      if (answer instanceof Error) throw answer
      return answer
    }
    const tries: string[] = []
    const onTry = ({ kind, message }: { kind: string; message: string }) =>
      tries.push(`${kind}: ${message}`)
    expect(await internet.verify(url, { timeoutMs: 60_000, resolve, onTry })).toMatchObject({
      verified: true,
    })
    expect(tries).toEqual([
      expect.stringMatching(/^no_answer: .*does not resolve.*ENOTFOUND/),
      expect.stringMatching(/^no_answer: .*has no address/),
    ])
  })

  test('ends with the time, and the last try is close to the limit', async () => {
    internet.state.answer = sendPage('', 'text/html', 503)
    const pauses: number[] = []
    const outcome = await internet.verify(url, {
      timeoutMs: 60_000,
      onTry: (_evidence, ms) => pauses.push(ms),
    })
    expect(outcome).toMatchObject({ verified: false, tries: 10, evidence: { kind: 'status' } })
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 13_250])
  })

  test('an abort ends it with its reason', async () => {
    const controller = new AbortController()
    internet.state.answer = () => controller.abort(new Error('stopped'))
    await expect(internet.verify(url, { signal: controller.signal })).rejects.toThrow('stopped')
    await expect(internet.verify(url, { signal: controller.signal })).rejects.toThrow('stopped')
  })

  test('an abort does not wait for a resolver that hangs', async () => {
    const controller = new AbortController()
    const resolve = () => {
      queueMicrotask(() => controller.abort(new Error('stopped')))
      return new Promise<never>(() => {})
    }
    await expect(internet.verify(url, { signal: controller.signal, resolve })).rejects.toThrow(
      'stopped',
    )
  })
})

describe('connections', () => {
  const other = makeAuthority()
  test.each([
    ['another authority', () => other.issue(['DNS:*.cloudfront.net'])],
    ['another host', () => internet.authority.issue(['DNS:*.example.org'])],
    ['an address only', () => internet.authority.issue(['IP:127.0.0.1'])],
    ['the past', () => internet.authority.issue(['DNS:*.cloudfront.net'], -1)],
  ])('a certificate of %s is not valid', async (_name, certificate) => {
    const asked: string[] = []
    const server = createHttps(certificate(), (request, response) => {
      asked.push(request.url ?? '')
      sendPage(goodPage)(request, response)
    })
    const { connectTo } = await serve(server)
    expect(await internet.verify(url, { connectTo })).toMatchObject({
      verified: false,
      evidence: { kind: 'tls' },
    })
    expect(asked).toEqual([])
  })

  test.each<[string, (socket: import('node:net').Socket) => void, string]>([
    ['closes', (socket) => socket.destroy(), 'tls'],
    ['speaks no TLS', (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'), 'tls'],
    ['says nothing', () => {}, 'no_answer'],
  ])('a server that %s', async (_name, behave, kind) => {
    const sockets: import('node:net').Socket[] = []
    const server = createTcp((socket) => {
      sockets.push(socket.on('error', () => {}))
      behave(socket)
    })
    const port = await listen(server as never)
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const connectTo = [{ host: cdn, port: 443, address: '127.0.0.1', toPort: port }]
    expect(await internet.verify(url, { connectTo })).toMatchObject({
      verified: false,
      evidence: { kind, address: '127.0.0.1' },
    })
  })

  test('nobody listens', async () => {
    const server = createHttp()
    const port = await listen(server)
    await new Promise((closed) => server.close(closed))
    const connectTo = [{ host: cdn, port: 443, address: '127.0.0.1', toPort: port }]
    expect(await internet.verify(url, { connectTo })).toMatchObject({
      evidence: { kind: 'no_answer', message: expect.stringContaining('ECONNREFUSED') },
    })
  })

  test.each<[string, Handler]>([
    ['never answers', () => {}],
    [
      'never ends its page',
      (_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).write(goodPage),
    ],
    [
      'breaks off',
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'text/html', 'content-length': 5_000 })
        response.write(goodPage, () => response.destroy())
      },
    ],
    [
      'changes the protocol',
      (_request, response) =>
        response.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end(),
    ],
    [
      'sends endless headers',
      (_request, response) =>
        response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`),
    ],
  ])('a server that %s', async (_name, answer) => {
    internet.state.answer = answer
    expect(await internet.verify(url)).toMatchObject({
      verified: false,
      evidence: { kind: 'no_answer', url },
    })
  })

  test('a page without an end is judged by its first megabyte', async () => {
    let sent = 0
    internet.state.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.write(goodPage)
      const more = () => {
        while (!response.destroyed && response.write('<p>more</p>'.repeat(1_000))) sent += 11_000
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    }
    expect(await internet.verify(url)).toMatchObject({ verified: true })
    expect(sent).toBeLessThan(20_000_000)
  })

  test('no cookie, credential or kept connection; identity is asked for', async () => {
    internet.state.answer = (request, response) => {
      response.setHeader('set-cookie', 'a=b; Path=/')
      redirectTo('/app')(request, response)
    }
    await internet.verify(url)
    const [first, second] = internet.state.requests
    expect(second?.headers).toMatchObject({
      host: cdn,
      'accept-encoding': 'identity',
      connection: 'close',
    })
    expect(second?.headers).not.toHaveProperty('cookie')
    expect(second?.headers).not.toHaveProperty('authorization')
    expect(first?.socket).not.toBe(second?.socket)
  })
})

describe('content codings that were not asked for', () => {
  const sendCoded =
    (body: Buffer, coding: string): Handler =>
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': coding }).end(body)

  test('gzip is read', async () => {
    internet.state.answer = sendCoded(gzipSync(goodPage), 'gzip')
    expect(await internet.verify(url)).toMatchObject({ verified: true })
    internet.state.answer = sendCoded(gzipSync('Not Found'), 'gzip')
    expect(await internet.verify(url)).toMatchObject({ evidence: { kind: 'content' } })
  })

  test('a zip bomb is read up to the limit', async () => {
    const bomb = Buffer.concat([Buffer.alloc(1_048_576, ' '), Buffer.from(goodPage)])
    internet.state.answer = sendCoded(gzipSync(bomb), 'gzip')
    expect(await internet.verify(url)).toMatchObject({
      evidence: { kind: 'content', message: 'the answer is empty' },
    })
  })

  test.each([
    [Buffer.from(goodPage), 'gzip'],
    [Buffer.from(goodPage), 'compress'],
    [gzipSync(gzipSync(goodPage)), 'gzip, gzip'],
  ])('what cannot be undone is not believed (%#)', async (body, coding) => {
    internet.state.answer = sendCoded(body, coding)
    expect(await internet.verify(url)).toMatchObject({ evidence: { kind: 'content' } })
  })
})

describe('--connect-to', () => {
  test('leads that host and port elsewhere, and the result says so', async () => {
    const mapping = { host: cdn, port: 443, address: '127.0.0.1', toPort: internet.securePort }
    const outcome = await internet.verify(url, { connectTo: [mapping], resolve: async () => [] })
    expect(outcome).toEqual({
      verified: true,
      url,
      warnings: [expect.stringContaining(`${cdn}:443:127.0.0.1:${internet.securePort}`)],
    })
    expect(internet.state.requests[0]?.headers.host).toBe(cdn)
  })

  test('may lead to a name', async () => {
    const mapping = { host: cdn, port: 443, address: 'localhost', toPort: internet.securePort }
    const resolve = async (host: string) => (host === 'localhost' ? ['127.0.0.1'] : [])
    expect(await internet.verify(url, { connectTo: [mapping], resolve })).toMatchObject({
      verified: true,
    })
  })

  test.each([
    { host: 'other.cloudfront.net', port: 443 },
    { host: cdn, port: 80 },
  ])('is for that host and port only: %j', async (of) => {
    const connectTo = [{ ...of, address: '127.0.0.1', toPort: internet.securePort }]
    const resolve = async () => ['10.0.0.1']
    expect(await internet.verify(url, { connectTo, resolve })).toMatchObject({
      evidence: { kind: 'rule' },
    })
    expect(await internet.verify(url, { connectTo })).toEqual({ verified: true, url, warnings: [] })
  })

  test('does not make another host allowed', async () => {
    const connectTo = [
      { host: 'attacker.example', port: 443, address: '127.0.0.1', toPort: internet.securePort },
    ]
    expect(await internet.verify('https://attacker.example/', { connectTo })).toMatchObject({
      evidence: { kind: 'rule' },
    })
    internet.state.answer = redirectTo('https://attacker.example/app')
    expect(await internet.verify(url, { connectTo })).toMatchObject({ evidence: { kind: 'rule' } })
    expect(internet.reached.forbidden).toBe(0)
  })
})

describe('the local target', () => {
  const page = '<!doctype html><title>Todo</title><h1>Todo</h1><ul><li>Milk</li></ul>'
  const publish = async (handler: Handler, release = page) => {
    const server = createHttp(handler)
    await serve(server)
    const { port } = server.address() as import('node:net').AddressInfo
    const recordedUrl = `http://127.0.0.1:${port}/`
    const releaseFile = join(mkdtempSync(join(tmpdir(), 'release-')), 'index.html')
    writeFileSync(releaseFile, release)
    return { recordedUrl, target: { kind: 'local', recordedUrl, releaseFile } as const }
  }

  test('serves the bytes of the release', async () => {
    const { recordedUrl, target } = await publish(sendPage(page))
    for (const claimed of [recordedUrl, recordedUrl.slice(0, -1)])
      expect(await internet.verify(claimed, { target })).toEqual({
        verified: true,
        url: recordedUrl,
        warnings: [],
      })
  })

  test.each([
    ['other bytes', sendPage(`${page}\n`)],
    ['fewer bytes', sendPage(page.slice(0, -1))],
    ['another type', sendPage(page, 'text/plain')],
  ])('%s are not the release', async (_name, handler) => {
    const { recordedUrl, target } = await publish(handler)
    expect(await internet.verify(recordedUrl, { target })).toMatchObject({
      verified: false,
      evidence: { kind: 'content' },
    })
  })

  test('a release that is missing, empty or a placeholder', async () => {
    for (const release of ['', '<h1>Coming soon</h1>']) {
      const { recordedUrl, target } = await publish(sendPage(release), release)
      expect(await internet.verify(recordedUrl, { target })).toMatchObject({
        evidence: { kind: 'content' },
      })
    }
    const { recordedUrl, target } = await publish(sendPage(page))
    const missing = { ...target, releaseFile: `${target.releaseFile}.gone` }
    expect(await internet.verify(recordedUrl, { target: missing })).toMatchObject({
      evidence: { kind: 'content' },
    })
  })

  test('a page of more than a megabyte', async () => {
    const long = page + '<p>more</p>'.repeat(200_000)
    const { recordedUrl, target } = await publish(sendPage(long), long)
    expect(await internet.verify(recordedUrl, { target })).toMatchObject({ verified: true })
    writeFileSync(target.releaseFile, long.slice(0, 1_048_576))
    expect(await internet.verify(recordedUrl, { target })).toMatchObject({
      evidence: { kind: 'content' },
    })
  })

  test('another local address breaks the rule, unasked', async () => {
    const { recordedUrl, target } = await publish(sendPage(page))
    const port = new URL(recordedUrl).port
    for (const claimed of [
      `http://localhost:${port}/`,
      `http://127.0.0.2:${port}/`,
      `https://127.0.0.1:${port}/`,
      `http://127.0.0.1:${Number(port) - 1}/`,
      `http://127.0.0.1:${port}/index.html`,
      `http://127.0.0.1:${port}/?x`,
      `http://user@127.0.0.1:${port}/`,
      `http://[::1]:${port}/`,
      url,
    ])
      expect(await internet.verify(claimed, { target })).toMatchObject({
        tries: 1,
        evidence: { kind: 'rule' },
      })
    const nothing = { ...target, recordedUrl: undefined }
    expect(await internet.verify(recordedUrl, { target: nothing })).toMatchObject({
      evidence: { kind: 'rule' },
    })
    expect(await internet.verify(url, { target: { ...target, recordedUrl: url } })).toMatchObject({
      evidence: { kind: 'rule' },
    })
    expect(internet.reached.attempts).toEqual([])
  })

  test('a redirect breaks the rule', async () => {
    const { recordedUrl, target } = await publish(redirectTo('/app'))
    expect(await internet.verify(recordedUrl, { target })).toMatchObject({
      tries: 1,
      evidence: { kind: 'rule' },
    })
  })
})
