import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ConnectTo } from './connect-to.ts'
import { brokenRule, NotVerified } from './evidence.ts'

export type Resolve = (host: string) => Promise<readonly string[]>

/** All addresses (A and AAAA) as this machine's own resolver gives them, its hosts file included. */
export async function resolveWithDns(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

/**
 * The addresses that may be connected to, asked for once. One that is not public breaks the rule, however many others
 * are fine: whoever controls the name chooses which of them is used.
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

/** Where a `--connect-to` points: chosen by the user, so it may be any address. */
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

/** The one block the IANA gives out for global unicast; everything outside it is special, now or later. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/** Public by number, but answered by the machine's own host: Azure's metadata and agent endpoint. */
const platformAddresses: readonly string[] = ['168.63.129.16']

/**
 * Is this IP address one that anybody on the internet reaches? Everything else is refused: loopback, private,
 * link-local (cloud metadata), carrier NAT, documentation, multicast, reserved, and IPv6 forms that carry an IPv4
 * address in them (mapped, translated, NAT64, 6to4, Teredo), whatever that address is. Ranges: the IANA's special
 * purpose registries, as ipaddr.js knows them.
 */
export function isPublicAddress(text: string): boolean {
  // ipaddr.js also reads "0x7f.1" and "127.1"; a zone ("%eth0") only ever means this machine's own links.
  if (isIP(text) === 0 || text.includes('%')) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast' || platformAddresses.includes(text)) return false
  return address.kind() === 'ipv4' || (address as ipaddr.IPv6).match(globalUnicast)
}
