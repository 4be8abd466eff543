const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\bPrivate-Lines: \d{1,4}/g
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY/y
/** What stands between a key's words: line ends (`\n` in a JSON string too), frames, quotes, line numbers. */
const gap = /(?:\s|\\{1,3}[nrt]|[│┃|>+"',`]|\d{1,5}(?=[\t:│→]))+/y
const header = /(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): [^\r\n\\]{0,200}/y
const word = /[A-Za-z0-9+/=]+/y

/** A line of a key, or what was cut off its first one. */
const firstWordLength = 16
/** After a line of that length the next one is a line of it too, however short. */
const lineLength = 32

/**
 * Where the insides of private keys stand, each line for itself: PEM, OpenSSH, PGP and PuTTY, in lines or in one, whole
 * or cut off. What follows a key that was cut off stays.
 */
export function findPrivateKeys(text: string): [number, number][] {
  const found: [number, number][] = []
  for (const match of text.matchAll(begin)) {
    let at = match.index + match[0].length
    let last = 0
    for (;;) {
      at = after(gap, text, at)
      if (after(end, text, at) > at) break
      const headerEnd = after(header, text, at)
      const to = headerEnd > at ? headerEnd : after(word, text, at)
      const length = to - at
      const isKey =
        headerEnd > at ||
        length >= firstWordLength ||
        (length > 0 && last >= lineLength && !/^[A-Z]?[a-z]{1,}$/.test(text.slice(at, to))) ||
        /^(?:MI|b3Bl|=)/.test(text.slice(at, to))
      if (!isKey) break
      found.push([at, to])
      if (headerEnd === at) last = length
      at = to
    }
  }
  return found
}

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
