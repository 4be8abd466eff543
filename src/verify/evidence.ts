import { stripVTControlCharacters } from 'node:util'

/**
 * Why an address was not believed. `rule` is final (a rule of the contract is broken); the others may pass while a CDN
 * spreads a site. `url` is the hop that failed, `address` the IP address it was asked at, `excerpt` the first
 * characters of its answer. All texts are bounded and free of control characters.
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

/** One try did not verify the address. Only `verifyAddress` catches it. */
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

/** Foreign text for people and logs: one line, no escapes, no control or direction characters, at most that long. */
export function renderPlain(text: string, maxCharacters: number): string {
  // Cut first: what is dropped later only makes it shorter, and a megabyte is never worked through.
  const plain = stripVTControlCharacters(text.slice(0, maxCharacters * 4))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
  return plain.slice(0, maxCharacters).toWellFormed()
}
