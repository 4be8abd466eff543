import { isIP } from 'node:net'
import { usageError } from '../errors.ts'

/**
 * Connections to `host:port` go to `address:toPort` instead. The TLS name, the Host header and the certificate
 * stay those of `host`.
 */
export interface ConnectTo {
  host: string
  port: number
  address: string
  toPort: number
}

const shape = /^(\[[^\]]*\]|[^:[\]]+):(\d{1,5}):(\[[^\]]*\]|[^:[\]]+):(\d{1,5})$/

/**
 * Parses curl's `--connect-to HOST1:PORT1:HOST2:PORT2`. An IPv6 address is written in brackets and returned
 * without them. Unlike in curl no part may be empty, so that a mapping never applies to all hosts.
 *
 * @throws a usage error
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

/** Finds the mapping for that host and port; as in curl the first one wins. */
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

/** Writes a host as a URL does (lower case, punycode), so that it can be compared with the host of a URL. */
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
