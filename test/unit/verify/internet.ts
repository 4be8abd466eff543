import * as http from 'node:http'
import * as https from 'node:https'
import { type AddressInfo, type LookupFunction, Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import {
  type ConnectTo,
  type Evidence,
  type VerifyOutcome,
  type VerifyTarget,
  verifyAddress,
} from '../../../src/verify/verify.ts'
import { type Authority, makeAuthority } from '../../support/https-server.ts'

/** Where the application "is": an address that is public, and never really reached. */
export const publicAddress = '93.184.216.34'
export const cdn = 'd111111abcdef8.cloudfront.net'
export const balancer = 'todo-1234567890.us-east-1.elb.amazonaws.com'
export const domain = 'todo.example.org'
export const goodPage =
  '<!doctype html><title>Todo</title><h1>My tasks</h1><form><input></form><script src="/assets/app.js"></script>'

export type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => void

export interface Verifying {
  readonly target?: VerifyTarget
  readonly timeoutMs?: number
  readonly connectTo?: readonly ConnectTo[]
  readonly resolve?: (host: string) => Promise<readonly string[]>
  readonly signal?: AbortSignal
  readonly onTry?: (evidence: Evidence, nextTryInMs: number) => void
}

export const awsTarget: VerifyTarget = { kind: 'aws', domains: [domain] }

export const sendPage =
  (body: string | Buffer, contentType = 'text/html; charset=utf-8', status = 200): Handler =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': contentType }).end(body)
  }

type ConnectOptions = { host?: string; port: number; lookup?: LookupFunction }

/**
 * An internet in this process: whoever connects to `publicAddress`, port 443 or 80, gets the application (real TLS, real
 * HTTP, on 127.0.0.1); whoever connects to any other port 443 or 80 gets the forbidden server, which would be accepted if
 * it were reached, and counts. A name that is looked up without the checked addresses leads there too: the resolver has
 * changed its mind.
 */
export async function openInternet() {
  const authority = makeAuthority()
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, authority.cert])
  const names = ['*.cloudfront.net', '*.us-east-1.elb.amazonaws.com', domain, 'localhost'].map(
    (name) => `DNS:${name}`,
  )
  const certificate = authority.issue([...names, `IP:${publicAddress}`, 'IP:127.0.0.1'])

  const state = { answer: sendPage(goodPage), requests: [] as http.IncomingMessage[] }
  const reached = { forbidden: 0, attempts: [] as string[] }
  const application: Handler = (request, response) => {
    state.requests.push(request)
    state.answer(request, response)
  }
  const secure = https.createServer(certificate, application)
  const plain = http.createServer(application)
  const forbidden = [https.createServer(certificate), http.createServer()] as const
  for (const server of forbidden) {
    server.on('connection', () => reached.forbidden++)
    server.on('request', sendPage(goodPage))
  }
  const servers = [secure, plain, ...forbidden]
  const [securePort, plainPort, forbiddenSecure, forbiddenPlain] = await Promise.all(
    servers.map(listen),
  )

  const { connect } = Socket.prototype
  const leadTo = (address: string, port: number) => {
    reached.attempts.push(`${address}:${port}`)
    const isApplication = address === publicAddress
    if (port === 443) return isApplication ? securePort : forbiddenSecure
    if (port === 80) return isApplication ? plainPort : forbiddenPlain
    return port
  }
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]) {
    const [options, callback] = (Array.isArray(args[0]) ? args[0] : args) as [ConnectOptions, never]
    const host = options.host ?? 'localhost'
    const go = (address: string) => {
      const port = leadTo(address, options.port)
      const there = { ...options, host: '127.0.0.1', port, lookup: undefined }
      connect.call(this, there as never, callback)
    }
    if (/^[\d.]+$|:/.test(host)) go(host)
    else if (!options.lookup) go('127.0.0.1')
    else
      options.lookup(host, { all: true }, (_error, found) => {
        const [first] = found as { address: string }[]
        go(first?.address ?? '0.0.0.0')
      })
    return this
  } as typeof connect

  return {
    authority: authority as Authority,
    certificate,
    securePort: securePort as number,
    plainPort: plainPort as number,
    state,
    reached,
    reset() {
      state.answer = sendPage(goodPage)
      state.requests = []
      reached.forbidden = 0
      reached.attempts = []
    },
    /** With a clock that moves only when somebody sleeps. One try, unless a time is given. */
    verify(url: string, options: Verifying = {}): Promise<VerifyOutcome> {
      const { resolve, signal, onTry } = options
      let time = 0
      return verifyAddress(
        {
          url,
          target: options.target ?? awsTarget,
          timeoutMs: options.timeoutMs ?? 1,
          connectTo: options.connectTo ?? [],
        },
        {
          resolve: resolve ?? (async () => [publicAddress]),
          now: () => time,
          sleep: async (durationMs) => {
            time += durationMs
          },
          ...(signal ? { signal } : {}),
          ...(onTry ? { onTry } : {}),
        },
      )
    },
    async close() {
      Socket.prototype.connect = connect
      setDefaultCACertificates(trusted)
      for (const server of servers) server.closeAllConnections()
      await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))))
    },
  }
}

export type Internet = Awaited<ReturnType<typeof openInternet>>

export async function listen(server: http.Server | https.Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return (server.address() as AddressInfo).port
}
