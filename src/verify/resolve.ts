import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ConnectTo } from './connect-to.ts'
import { brokenRule, NotVerified } from './evidence.ts'

export type Resolve = (host: string) => Promise<readonly string[]>

/** Resolves a name to all of its addresses (A and AAAA) with this machine's resolver, its hosts file included. */
export async function resolveWithDns(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

/**
 * Resolves a host once to the addresses that may be connected to. One address that is not public breaks the rule,
 * however many others are fine, because the owner of the name could lead the connection there.
 */
export async function resolvePublic(
  url: URL,
  host: string,
  resolve: Resolve,
): Promise<readonly string[]> {
  const addresses = isIP(host) ? [host] : await resolveSome(url, host, resolve)
  const unfit = addresses.find((address) => !isPublicAddress(address))
  if (unfit !== undefined)
    throw brokenRule(`${host} leads to ${unfit}, which is not a public address`, url.href, unfit)
  return addresses
}

/** Resolves the destination of a `--connect-to`. It may be any address, because the user chose it. */
export async function resolveMapped(
  url: URL,
  { address }: ConnectTo,
  resolve: Resolve,
): Promise<readonly string[]> {
  return isIP(address) ? [address] : await resolveSome(url, address, resolve)
}

async function resolveSome(url: URL, host: string, resolve: Resolve): Promise<readonly string[]> {
  const addresses = await resolve(host).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error)
    throw noAnswer(url, `the name ${host} does not resolve (${why})`)
  })
  if (addresses.length === 0) throw noAnswer(url, `the name ${host} has no address`)
  return addresses
}

const noAnswer = (url: URL, message: string) =>
  new NotVerified({ kind: 'no_answer', message, url: url.href })

/** The only block that the IANA assigns for global unicast; all other addresses have special purposes. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/** These addresses look public, but the machine's own host answers them: Azure's metadata and agent endpoint. */
const platformAddresses: readonly string[] = ['168.63.129.16']

/**
 * Whether anybody on the internet can reach this IP address. All others are refused: loopback, private, link-local
 * (cloud metadata), carrier NAT, documentation, multicast, reserved, and IPv6 forms that embed an IPv4 address
 * (mapped, translated, NAT64, 6to4, Teredo), whatever that address is. The ranges are those of the IANA's special
 * purpose registries, as ipaddr.js knows them.
 */
export function isPublicAddress(text: string): boolean {
  // ipaddr.js also accepts "0x7f.1" and "127.1", and a zone ("%eth0") always means a link of this machine.
  if (isIP(text) === 0 || text.includes('%')) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast' || platformAddresses.includes(text)) return false
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(globalUnicast)
}
