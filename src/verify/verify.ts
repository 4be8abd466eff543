import { requireAllowedUrl, type VerifyTarget } from './address-rules.ts'
import type { ConnectTo } from './connect-to.ts'
import { type Evidence, NotVerified } from './evidence.ts'
import { followAddress, withLimit } from './follow.ts'
import { requireRealPage } from './judge-page.ts'
import type { Resolve } from './resolve.ts'
import { requireMarker, requireReleaseBytes } from './served-release.ts'

export type { VerifyTarget } from './address-rules.ts'
export { type ConnectTo, parseConnectTo } from './connect-to.ts'
export type { Evidence } from './evidence.ts'
export { resolveWithDns } from './resolve.ts'

export interface VerifyRequest {
  url: string
  target: VerifyTarget
  timeoutMs: number
  connectTo: readonly ConnectTo[]
}

/** `url` is the claimed address as a URL writes it; `isMarked`: it serves the release that was asked for. Warnings: plain http, and every `--connect-to` that was used. */
export type VerifyOutcome =
  | { verified: true; url: string; warnings: readonly string[]; isMarked?: true }
  | { verified: false; evidence: Evidence; tries: number }

export interface VerifyWorld {
  /** All addresses of a name; `resolveWithDns`, but for tests. */
  resolve: Resolve
  /** Milliseconds. */
  now(): number
  /** Resolves early when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  signal?: AbortSignal
  /** A try failed and another follows. */
  onTry?(evidence: Evidence, nextTryInMs: number): void
}

/**
 * Is the claimed address really live? Tries until it is, until a rule is broken, or until the time is up; at least
 * once, and at least for 1 s. The supervisor alone believes an address, and only by this.
 *
 * @throws the reason of `world.signal` when that aborts
 */
export async function verifyAddress(
  request: VerifyRequest,
  world: VerifyWorld,
): Promise<VerifyOutcome> {
  const deadline = world.now() + request.timeoutMs
  for (let tries = 1; ; tries++) {
    world.signal?.throwIfAborted()
    const leftMs = Math.max(deadline - world.now(), shortestTryMs)
    const outcome = await withLimit(leftMs, world.signal, (signal) =>
      tryOnce(request, world, signal),
    )
    world.signal?.throwIfAborted()
    if (!(outcome instanceof NotVerified)) return { verified: true, ...outcome }
    const { evidence } = outcome
    const pauseMs =
      evidence.kind === 'rule'
        ? undefined
        : findPauseMs(tries, deadline - world.now(), request.timeoutMs)
    if (pauseMs === undefined) return { verified: false, evidence, tries }
    world.onTry?.(evidence, pauseMs)
    await world.sleep(pauseMs, world.signal)
  }
}

async function tryOnce(
  { url, target, connectTo }: VerifyRequest,
  { resolve }: VerifyWorld,
  signal: AbortSignal,
): Promise<Omit<Extract<VerifyOutcome, { verified: true }>, 'verified'> | NotVerified> {
  try {
    const { answer, warnings } = await followAddress(url, target, connectTo, resolve, signal)
    requireRealPage(answer)
    if (target.kind === 'local') await requireReleaseBytes(answer, target.releaseFile)
    const allowed = requireAllowedUrl(url, target)
    const marker = target.kind === 'aws' ? target.marker : undefined
    const isMarked = marker !== undefined && answer.url.hostname === marker.host
    if (isMarked) {
      const place = new URL(marker.path, answer.url).href
      const said = await followAddress(place, target, connectTo, resolve, signal)
      requireMarker(marker, said.answer, answer)
    }
    return { url: allowed.href, warnings, ...(isMarked ? { isMarked } : {}) }
  } catch (error) {
    if (error instanceof NotVerified) return error
    throw error
  }
}

const firstPauseMs = 250
const longestPauseMs = 15_000
/** What the last try gets at least, and so how far a verification may outlast its limit. */
export const shortestTryMs = 1_000

/**
 * How long to wait after that many failed tries: 0.25 s, doubling to 15 s. The last pause is cut so that a try still
 * fits before the limit; undefined when none does.
 */
export function findPauseMs(
  tries: number,
  remainingMs: number,
  timeoutMs: number,
): number | undefined {
  const reservedMs = Math.min(shortestTryMs, timeoutMs / 2)
  const roomMs = Math.floor(remainingMs - reservedMs)
  if (roomMs <= 0) return undefined
  return Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 10), longestPauseMs, roomMs)
}
