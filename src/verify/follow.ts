import { requireAllowedUrl, type VerifyTarget } from './address-rules.ts'
import { type ConnectTo, findMapping, renderMapping } from './connect-to.ts'
import { brokenRule, NotVerified } from './evidence.ts'
import { type Answer, fetchOnce, isRedirect, type Route } from './fetch-once.ts'
import { type Resolve, resolveMapped, resolvePublic } from './resolve.ts'

const maxRedirects = 5
const requestLimitMs = 10_000

export interface Journey {
  readonly answer: Answer
  /** There is one for each use of plain http and of `--connect-to`, on any hop. */
  readonly warnings: readonly string[]
}

/**
 * Fetches the address and follows its redirects. Each hop must obey the target's rules, and has a connection and
 * 10 s of its own.
 *
 * @throws NotVerified of any kind; `status` only for a redirect without a location
 */
export async function followAddress(
  claimed: string,
  target: VerifyTarget,
  mappings: readonly ConnectTo[],
  resolve: Resolve,
  signal: AbortSignal,
): Promise<Journey> {
  const warnings = new Set<string>()
  let url = requireAllowedUrl(claimed, target)
  for (let redirects = 0; ; redirects++) {
    if (redirects > maxRedirects)
      throw brokenRule(`there were more than ${maxRedirects} redirects`, url.href)
    if (url.protocol === 'http:' && target.kind === 'aws')
      warnings.add(
        `${url.host} was asked over plain http: what it sends can be read and changed on the way`,
      )
    const answer = await withLimit(requestLimitMs, signal, async (limited) => {
      const route = await findRoute(url, target, mappings, resolve, limited, warnings)
      return await fetchOnce(route, limited)
    })
    if (!isRedirect(answer.status)) return { answer, warnings: [...warnings] }
    url = requireAllowedUrl(readLocation(answer), target)
  }
}

async function findRoute(
  url: URL,
  target: VerifyTarget,
  mappings: readonly ConnectTo[],
  resolve: Resolve,
  signal: AbortSignal,
  warnings: Set<string>,
): Promise<Route> {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  // The recorded local address is 127.0.0.1 itself.
  if (target.kind === 'local') return { url, host, port, addresses: [host] }
  const mapping = findMapping(host, port, mappings)
  const bounded: Resolve = (name) => orAbort(resolve(name), signal)
  if (!mapping) return { url, host, port, addresses: await resolvePublic(url, host, bounded) }
  warnings.add(
    `--connect-to ${renderMapping(mapping)} was used: this does not show that the public reaches ${host}`,
  )
  return { url, host, port: mapping.toPort, addresses: await resolveMapped(url, mapping, bounded) }
}

/** Stops waiting when the signal aborts, because a system resolver cannot be interrupted. */
function orAbort<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function readLocation({ url, location, status, address }: Answer): string {
  if (location === undefined)
    throw new NotVerified({
      kind: 'status',
      message: `the answer's status is ${status}, without a location`,
      url: url.href,
      status,
      address,
    })
  const next = URL.parse(location, url.href)
  if (!next)
    throw brokenRule(`it redirects to ${JSON.stringify(location)}, which is not a URL`, url.href)
  return next.href
}

/**
 * Runs the work with a signal that aborts after that time or together with the outer one. It leaves no timer
 * behind.
 */
export async function withLimit<Value>(
  limitMs: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController()
  const abort = () => controller.abort(outer?.reason)
  if (outer?.aborted) abort()
  outer?.addEventListener('abort', abort)
  const seconds = Math.round(limitMs / 100) / 10
  const timer = setTimeout(
    () => controller.abort(new Error(`it was not complete within ${seconds} s`)),
    limitMs,
  )
  try {
    return await work(controller.signal)
  } finally {
    clearTimeout(timer)
    outer?.removeEventListener('abort', abort)
  }
}
