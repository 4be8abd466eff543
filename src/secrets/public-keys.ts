/** A piece of text that may be a secret, with its surroundings. */
export interface Value {
  readonly from: number
  readonly to: number
  readonly text: string
  readonly before: string
  readonly after: string
  /** True when the name before the value gave it away, not a format of its own. */
  readonly isNamed: boolean
}

/** These keys are made to be published: they identify a site, and their rights are limited elsewhere. */
const publicKeys: readonly (readonly [why: string, is: (value: Value) => boolean])[] = [
  ['Stripe, Clerk: publishable', ({ text }) => /^pk_/.test(text)],
  [
    'Google: Firebase and Maps, limited by rules and referrer; a key of Gemini has the same form and costs money',
    ({ text, before }) =>
      /^AIza[\w-]{35}$/.test(text) && !/gemini|generative|gen_?ai/i.test(before.slice(-80)),
  ],
  ['Supabase: publishable', ({ text }) => /^sb_publishable_/.test(text)],
  ['Supabase: anon, limited by the rows’ policies', ({ text }) => roleOf(text) === 'anon'],
  [
    'Mapbox: public tokens, limited by their scopes',
    ({ text, before }) => (/^eyJ/.test(text) ? /(?<!\w)pk\.$/.test(before) : /^pk\.eyJ/.test(text)),
  ],
  [
    'Algolia and its like: may only search; an admin key has the same form, so the name decides',
    ({ before, isNamed }) => isNamed && searchName.test(before),
  ],
  [
    'Sentry: a DSN may only send events',
    ({ text, after }) =>
      /^[0-9a-f]{32}$/.test(text) && /^@(?:[a-z0-9-]{1,63}\.){0,4}sentry\.io\//.test(after),
  ],
  ['AppSync: API keys, for public data', ({ text }) => /^da2-[a-z0-9]{26}$/.test(text)],
]

/** Search engines such as Elasticsearch are excluded, because their keys may do more than search. */
const searchName =
  /(?<!(?:elastic|open|meili|re)[_-]?)search[_-]?(?:only[_-]?)?(?:api[_-]?)?key\\{0,3}["'`]?\]?\s{0,8}[:=]\s{0,8}\\{0,3}["'`]?$/i

export const isPublic = (value: Value) => publicKeys.some(([, is]) => is(value))

/** Reads the role that the second part of a web token claims. */
function roleOf(token: string): unknown {
  const claims = /^eyJ[\w-]+\.([\w-]+)\./.exec(token)?.[1]
  if (claims === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))?.role
  } catch {
    return undefined
  }
}
