import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

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
