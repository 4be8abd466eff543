import { stripVTControlCharacters } from 'node:util'

/**
 * The reason why an address was not verified. `rule` is final, because the address breaks a rule; the other
 * kinds may pass later, while a CDN distributes a site. `url` is the request that failed, `address` the IP address
 * that was asked, and `excerpt` the beginning of its answer. All texts are bounded and free of control characters.
 */
export interface Evidence {
  kind: 'rule' | 'no_answer' | 'tls' | 'status' | 'content'
  message: string
  url: string
  status?: number
  contentType?: string
  address?: string
  excerpt?: string
}

const maxUrlCharacters = 500
const maxExcerptCharacters = 500

/** Thrown when one try does not verify the address; only `verifyAddress` catches it. */
export class NotVerified extends Error {
  readonly evidence: Evidence

  constructor(evidence: Evidence) {
    super(evidence.message)
    this.evidence = {
      ...evidence,
      message: renderPlain(evidence.message, 1_000),
      url: renderPlain(evidence.url, maxUrlCharacters),
      ...(evidence.contentType === undefined
        ? {}
        : { contentType: renderPlain(evidence.contentType, 100) }),
      ...(evidence.excerpt === undefined
        ? {}
        : { excerpt: renderPlain(evidence.excerpt, maxExcerptCharacters) }),
    }
  }
}

export const brokenRule = (message: string, url: string, address?: string) =>
  new NotVerified({
    kind: 'rule',
    message,
    url,
    ...(address === undefined ? {} : { address }),
  })

/**
 * Makes foreign text safe for people and logs: one line of at most that length, without escape sequences, control
 * characters and direction marks.
 */
function renderPlain(text: string, maxCharacters: number): string {
  // The text is cut before it is cleaned, so that a megabyte costs no more than a short text.
  const plain = stripVTControlCharacters(text.slice(0, maxCharacters * 4))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return plain.slice(0, maxCharacters).toWellFormed()
}
