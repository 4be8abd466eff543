const begin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\bPrivate-Lines: \d{1,4}/g
const end = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY/g
/** What stands between a key's words: line ends (`\n` in a JSON string too), frames, quotes, line numbers. */
const gap = /(?:\s|\\{1,3}[nrt]|[│┃|>+"',`]|\d{1,5}(?=[\t:│→]))+/y
const header = /(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): [^\r\n\\]{0,200}/y
const word = /[A-Za-z0-9+/=]+/y

/** A line of a key, or what was cut off one at its edge. */
const wordLength = 16
/** After a line of that length the next one is a line of it too, however short. */
const lineLength = 32

/**
 * Where the insides of private keys stand, each line for itself: PEM, OpenSSH, PGP and PuTTY, in lines or in one, whole
 * or cut off at either end. What follows a key that was cut off stays.
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
  /** Where the lines of its inside stand; none where only the words of a key's beginning are named. */
  readonly lines: [number, number][]
}

/** The beginnings of private keys, each with what follows of the key. */
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

/** The beginning of the key was cut off: its lines are looked for from its end. */
function backwards(text: string, keyEnd: number, found: [number, number][]): void {
  for (let to = beforeGap(text, keyEnd), isLast = true; ; isLast = false) {
    let from = to
    while (from > 0 && /[A-Za-z0-9+/=]/.test(text[from - 1] ?? '')) from--
    // Of an escaped line end before it.
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
