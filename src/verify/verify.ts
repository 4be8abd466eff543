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

/**
 * `url` is the claimed address as a URL writes it. `isMarked` says that the marker there names the requested
 * release. Plain http and every `--connect-to` that was used have a warning.
 */
export type VerifyOutcome =
  | { verified: true; url: string; warnings: readonly string[]; isMarked?: true }
  | { verified: false; evidence: Evidence; tries: number }

export interface VerifyWorld {
  /** Resolves a name to all of its addresses. It is `resolveWithDns` except in tests. */
  resolve: Resolve
  /** Returns the time in milliseconds. */
  now(): number
  /** Resolves early when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  signal?: AbortSignal
  /** Called when a try has failed and another one follows. */
  onTry?(evidence: Evidence, nextTryInMs: number): void
}

/**
 * Checks whether the claimed address is live. It tries until the address is verified, a rule is broken or the time
 * is up; at least once, and for at least 1 s. A claim is believed by this check alone.
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
/** The least time that the last try gets, and so the most by which a verification may exceed its limit. */
const shortestTryMs = 1_000

/**
 * Returns the pause after that many failed tries: 0.25 s, doubling to 15 s. The last pause is cut so that one more
 * try fits before the limit; `undefined` when none fits.
 */
function findPauseMs(tries: number, remainingMs: number, timeoutMs: number): number | undefined {
  const reservedMs = Math.min(shortestTryMs, timeoutMs / 2)
  const roomMs = Math.floor(remainingMs - reservedMs)
  if (roomMs <= 0) return undefined
  return Math.min(firstPauseMs * 2 ** Math.min(tries - 1, 10), longestPauseMs, roomMs)
}
