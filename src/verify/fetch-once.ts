import type { IncomingMessage } from 'node:http'
import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { Transform } from 'node:stream'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import * as zlib from 'node:zlib'
import { type Evidence, NotVerified } from './evidence.ts'

/** One URL and the checked IP addresses that it may be fetched from. */
export interface Route {
  readonly url: URL
  readonly host: string
  readonly port: number
  readonly addresses: readonly string[]
}

export interface Answer extends Body {
  readonly url: URL
  readonly status: number
  readonly contentType: string
  readonly location: string | undefined
  readonly address: string
}

const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]
/** This is long enough for a far continent; Node's 250 ms would give up on addresses that do answer. */
const attemptTimeoutMs = 2_000

/**
 * Sends one GET on a connection of its own, without proxy, cookies, credentials or a kept connection. It ends
 * early when the signal aborts, and it does not read the body of a redirect.
 *
 * @throws NotVerified, kinds `no_answer`, `tls`, `content`
 */
export async function fetchOnce(route: Route, signal: AbortSignal): Promise<Answer> {
  const { url, addresses } = route
  const request = url.protocol === 'https:' ? startHttps(route) : http.request(plainOptions(route))
  const reached = { address: addresses.join(', '), handshake: false }
  request.on('socket', (socket) => {
    socket.on('connect', () => {
      reached.address = socket.remoteAddress ?? reached.address
      reached.handshake = url.protocol === 'https:'
    })
    socket.on('secureConnect', () => {
      reached.handshake = false
    })
  })
  const abort = () => request.destroy(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    if (signal.aborted) abort()
    const response = await sendAndWait(request)
    const head = {
      url,
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      location: response.headers.location,
      address: reached.address,
    }
    if (isRedirect(head.status)) return { ...head, bytes: Buffer.alloc(0), truncated: false }
    return { ...head, ...(await readBody(response)) }
  } catch (error) {
    const kind = kindOf(error, reached.handshake && !signal.aborted)
    throw new NotVerified({
      kind,
      message: `${sentences[kind]}: ${signal.aborted ? renderError(signal.reason) : renderError(error)}`,
      url: url.href,
      address: reached.address,
    })
  } finally {
    signal.removeEventListener('abort', abort)
    request.destroy()
  }
}

export const isRedirect = (status: number) => redirectStatuses.includes(status)

function plainOptions({ url, host, port, addresses }: Route) {
  return {
    // The agent is a new one, because the global one may use a proxy (NODE_USE_ENV_PROXY).
    agent: new http.Agent({ keepAlive: false }),
    // Node looks up a name with `lookup`, but connects to an IP address directly.
    host: isIP(host) ? addresses[0] : host,
    port,
    lookup: pinTo(addresses),
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: attemptTimeoutMs,
    path: `${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      accept: 'text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.1',
      'accept-encoding': 'identity',
      'user-agent': 'tmux-builder',
    },
  }
}

function startHttps(route: Route): http.ClientRequest {
  return https.request({
    ...plainOptions(route),
    agent: new https.Agent({ keepAlive: false, maxCachedSessions: 0 }),
    // This is stated so that NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect.
    rejectUnauthorized: true,
    ...(isIP(route.host) ? {} : { servername: route.host }),
    // The certificate must be the claimed host's, wherever the connection leads.
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      checkServerIdentity(route.host, certificate),
  })
}

/**
 * Answers every lookup with the checked addresses, so that a resolver that changes its answer after the check
 * gains nothing.
 */
function pinTo(addresses: readonly string[]): LookupFunction {
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, callback) => {
    if (options.all) callback(null, pinned)
    else callback(null, pinned[0]?.address ?? '', pinned[0]?.family)
  }
}

function sendAndWait(request: http.ClientRequest): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
    // Some answers, such as an upgrade, end without either event.
    request.on('close', () => reject(new Error('the connection was closed without an answer')))
    request.end()
  })
}

const sentences = {
  no_answer: 'no answer',
  tls: 'no valid TLS connection',
  content: 'the answer cannot be read',
} as const

function kindOf(error: unknown, handshake: boolean): keyof typeof sentences & Evidence['kind'] {
  if (error instanceof UnreadableBody) return 'content'
  return handshake ? 'tls' : 'no_answer'
}

function renderError(error: unknown): string {
  if (error instanceof AggregateError)
    return error.errors.map((each) => renderError(each)).join(', ')
  return error instanceof Error ? error.message : String(error)
}

/** A longer page is judged by its first bytes, and the rest is never read. */
export const maxBodyBytes = 1_048_576

export interface Body {
  readonly bytes: Buffer
  /** True when there was more than `maxBodyBytes`. */
  readonly truncated: boolean
}

/** Thrown for a body in a coding that was not asked for and cannot be undone. */
class UnreadableBody extends Error {}

// A sync flush accepts an incomplete body, because the body may have been cut at the limit.
const gzipOptions = { finishFlush: zlib.constants.Z_SYNC_FLUSH }
const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => zlib.createGunzip(gzipOptions),
  'x-gzip': () => zlib.createGunzip(gzipOptions),
  deflate: () => zlib.createInflate(gzipOptions),
  br: () => zlib.createBrotliDecompress({ finishFlush: zlib.constants.BROTLI_OPERATION_FLUSH }),
}

/**
 * Reads the body of an answer: at most `maxBodyBytes` as sent and at most as many decoded, so that a zip bomb
 * costs no more than a plain page. The request asks for `identity`, but some servers compress anyway.
 *
 * @throws UnreadableBody, or the error of the connection
 */
async function readBody(response: IncomingMessage): Promise<Body> {
  const sent = await readUpTo(response)
  const coding = (response.headers['content-encoding'] ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return sent
  const decoder = decoders[coding]?.()
  if (!decoder) throw new UnreadableBody(`its content-encoding "${coding}" was not asked for`)
  decoder.end(sent.bytes)
  try {
    const decoded = await readUpTo(decoder)
    return { bytes: decoded.bytes, truncated: decoded.truncated || sent.truncated }
  } catch {
    throw new UnreadableBody(`its body is not ${coding}, though its content-encoding says so`)
  }
}

async function readUpTo(stream: AsyncIterable<Buffer>): Promise<Body> {
  const chunks: Buffer[] = []
  let length = 0
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    chunks.push(chunk)
    length += chunk.length
    if (length > maxBodyBytes) break
  }
  const bytes = Buffer.concat(chunks)
  return { bytes: bytes.subarray(0, maxBodyBytes), truncated: length > maxBodyBytes }
}
