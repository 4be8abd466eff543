import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { ConnectTo } from './connect-to.ts'
import { brokenRule, NotVerified } from './evidence.ts'
import { isPublicAddress } from './public-address.ts'

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
