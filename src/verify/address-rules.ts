import { brokenRule } from './evidence.ts'

/**
 * The rules for the claimed address. `releaseFile` is the absolute path of the index.html whose bytes must be
 * served.
 */
export type VerifyTarget =
  | { kind: 'aws'; domains: readonly string[]; marker?: Marker | undefined }
  | { kind: 'local'; recordedUrl: string | undefined; releaseFile: string }

/** The marker that our own deployment publishes with a release, and the host that the stack got from AWS. */
export interface Marker {
  readonly host: string
  readonly path: string
  readonly release: string
  /** The SHA-256 of the release's index.html. */
  readonly index: string
}

const maxUrlCharacters = 2_048
const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
const cloudFront = new RegExp(`^(?:${label}\\.)+cloudfront\\.net$`)
const loadBalancer = new RegExp(`^(?:${label}\\.)+elb\\.amazonaws\\.com$`)

/**
 * Returns the address as a URL when the target's rules allow it. The claimed address and every redirect are
 * checked. The URL parser decides what a text means (case, punycode, `0x7f.1`), and its reading is what is
 * checked, fetched and reported.
 *
 * @throws NotVerified, kind `rule`
 */
export function requireAllowedUrl(text: string, target: VerifyTarget): URL {
  const url = parsePlainUrl(text)
  if (target.kind === 'local') return requireRecordedUrl(url, target.recordedUrl)
  const host = url.hostname
  if (url.port !== '')
    throw brokenRule(
      `port ${url.port} is not allowed, only the usual one of ${url.protocol}//`,
      text,
    )
  if (loadBalancer.test(host)) return url
  if (url.protocol === 'http:')
    throw brokenRule('plain http:// is allowed only on *.elb.amazonaws.com', text)
  if (cloudFront.test(host) || target.domains.some((domain) => hostOfDomain(domain) === host))
    return url
  throw brokenRule(
    `the host ${host} is none of *.cloudfront.net, *.elb.amazonaws.com and the configured domains${
      host.endsWith('.') ? ' (write it without the dot at its end)' : ''
    }`,
    text,
  )
}

/** Refuses texts that two URL parsers could read differently, because they might not agree about the host. */
function parsePlainUrl(text: string): URL {
  if (text.length > maxUrlCharacters)
    throw brokenRule(`the address is longer than ${maxUrlCharacters} characters`, text)
  if (/[\s\p{Cc}\p{Cf}\\]/u.test(text))
    throw brokenRule('the address contains white space, control characters or a backslash', text)
  const [, authority] = /^https?:\/\/([^/?#]+)/i.exec(text) ?? []
  const url = URL.parse(text)
  if (!url || authority === undefined)
    throw brokenRule('the address is not an http:// or https:// URL', text)
  if (authority.includes('@')) throw brokenRule('the address contains user information', text)
  return url
}

/** Allows only the address that `deploy` recorded: an agent's claim about another local address is not trusted. */
function requireRecordedUrl(url: URL, recordedUrl: string | undefined): URL {
  if (recordedUrl === undefined)
    throw brokenRule('nothing was deployed to the local target in this attempt', url.href)
  if (!/^http:\/\/127\.0\.0\.1:\d+\/$/.test(url.href) || URL.parse(recordedUrl)?.href !== url.href)
    throw brokenRule(`the address is not the one that deploy gave, ${recordedUrl}`, url.href)
  return url
}

/** Writes a configured domain as a URL does; returns `undefined` unless it is a bare host name or address. */
function hostOfDomain(domain: string): string | undefined {
  const url = URL.parse(`https://${domain.trim().replace(/\.$/, '')}/`)
  return url && url.href === `https://${url.hostname}/` && url.hostname !== ''
    ? url.hostname
    : undefined
}
