const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\bPrivate-Lines: \d{1,4}/g
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY/g
/**
 * Matches what may stand between the words of a key: line ends (`\n` in a JSON string too), frames, quotes and
 * line numbers.
 */
const gap = /(?:\s|\\{1,3}[nrt]|[│┃|>+"',`]|\d{1,5}(?=[\t:│→]))+/y
const header = /(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): [^\r\n\\]{0,200}/y
const word = /[A-Za-z0-9+/=]+/y

/** A run of this length is a line of a key, or the rest of one that was cut off. */
const wordLength = 16
/** After a line of this length the next run belongs to the key too, however short it is. */
const lineLength = 32

/**
 * Finds the contents of private keys, one span a line: PEM, OpenSSH, PGP and PuTTY, on many lines or on one, whole
 * or cut off at either end. The text that follows a key is left alone.
 */
export function findPrivateKeys(text: string): [number, number][] {
  const blocks = findKeyBlocks(text)
  const found = blocks.flatMap((block) => block.lines)
  const ends = new Set(blocks.map((block) => block.to))
  for (const match of text.matchAll(end))
    if (!ends.has(match.index)) backwards(text, match.index, found)
  return found
}

export interface KeyBlock {
  readonly from: number
  readonly to: number
  /**
   * The spans of the lines inside the key. There are none where a text only names the words of a key's beginning.
   */
  readonly lines: [number, number][]
}

/** Finds the beginnings of private keys, each with the part of the key that follows. */
export function findKeyBlocks(text: string): KeyBlock[] {
  const blocks: KeyBlock[] = []
  for (const match of text.matchAll(begin)) {
    let at = match.index + match[0].length
    let last = 0
    const lines: [number, number][] = []
    for (;;) {
      at = after(gap, text, at)
      const headerEnd = after(header, text, at)
      const to = headerEnd > at ? headerEnd : after(word, text, at)
      const isKey =
        headerEnd > at ||
        to - at >= wordLength ||
        (to > at && last >= lineLength && !/^[A-Z]?[a-z]+$/.test(text.slice(at, to))) ||
        /^(?:MI|b3Bl|=)/.test(text.slice(at, to))
      if (!isKey) break
      lines.push([at, to])
      if (headerEnd === at) last = to - at
      at = to
    }
    blocks.push({ from: match.index, to: at, lines })
  }
  return blocks
}

/** Searches backwards from the end of a key whose beginning was cut off. */
function backwards(text: string, keyEnd: number, found: [number, number][]): void {
  for (let to = beforeGap(text, keyEnd), isLast = true; ; isLast = false) {
    let from = to
    while (from > 0 && /[A-Za-z0-9+/=]/.test(text[from - 1] ?? '')) from--
    // This letter belongs to an escaped line end.
    if (text[from - 1] === '\\' && /[nrt]/.test(text[from] ?? '')) from++
    const isLineNumber = /^\d{0,5}$/.test(text.slice(from, Math.min(to, from + 6)))
    if (isLineNumber || (!isLast && to - from < wordLength)) return
    found.push([from, to])
    to = beforeGap(text, from)
  }
}

function beforeGap(text: string, at: number): number {
  for (let to = at; ; ) {
    if (/[\s│┃|>+"',`]/.test(text[to - 1] ?? '')) to--
    else if (text[to - 2] === '\\' && /[nrt]/.test(text[to - 1] ?? '')) to -= 2
    else if (text[to - 1] === '\\') to--
    else return to
  }
}

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}
