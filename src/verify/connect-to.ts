import { isIP } from 'node:net'
import { usageError } from '../errors.ts'

/** `host:port` is reached at `address:toPort` instead; names, Host header and certificate stay those of `host`. */
export interface ConnectTo {
  host: string
  port: number
  address: string
  toPort: number
}

const shape = /^(\[[^\]]*\]|[^:[\]]+):(\d{1,5}):(\[[^\]]*\]|[^:[\]]+):(\d{1,5})$/

/**
 * Reads curl's `--connect-to HOST1:PORT1:HOST2:PORT2`; an IPv6 address stands in brackets and is returned without them.
 * Unlike curl's, no part may be empty: a mapping is for the hosts that it names, never for all.
 *
 * @throws usage error (exit 2)
 */
export function parseConnectTo(text: string): ConnectTo {
  const [, host, port, address, toPort] = shape.exec(text) ?? []
  if (!host || !port || !address || !toPort) throw notAMapping(text, 'it has another shape')
  return {
    host: parseHost(host, text),
    port: parsePort(port, text),
    address: parseHost(address, text),
    toPort: parsePort(toPort, text),
  }
}

/** The mapping for that host and port, the first given one as in curl. */
export function findMapping(
  host: string,
  port: number,
  mappings: readonly ConnectTo[],
): ConnectTo | undefined {
  return mappings.find((mapping) => mapping.host === host && mapping.port === port)
}

export function renderMapping({ host, port, address, toPort }: ConnectTo): string {
  const bracketed = (name: string) => (isIP(name) === 6 ? `[${name}]` : name)
  return `${bracketed(host)}:${port}:${bracketed(address)}:${toPort}`
}

/** As a URL writes it, so that it can be compared with one: lower case, punycode. */
function parseHost(host: string, text: string): string {
  if (/[\s\p{Cc}/\\?#@%]/u.test(host)) throw notAMapping(text, `"${host}" is not a host`)
  const url = URL.parse(`https://${host}`)
  if (!url) throw notAMapping(text, `"${host}" is not a host`)
  return url.hostname.replace(/^\[|\]$/g, '')
}

function parsePort(digits: string, text: string): number {
  const port = Number(digits)
  if (port < 1 || port > 65_535) throw notAMapping(text, `${digits} is not a port`)
  return port
}

const notAMapping = (text: string, why: string) =>
  usageError(
    `--connect-to ${JSON.stringify(text)}: ${why}`,
    'Write host:port:address:port, such as app.example.com:443:127.0.0.1:8443 or app.example.com:443:[::1]:8443.',
  )
