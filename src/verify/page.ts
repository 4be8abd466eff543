/**
 * The properties of a page that the list of false pages looks at. Texts have single spaces and no invisible
 * characters.
 */
export interface Page {
  /** The text of the first `<title>`. */
  readonly title: string
  /** The text of the first `<h1>`. */
  readonly heading: string
  /** The text that the body shows before any script runs. */
  readonly text: string
  /** The same text without `<code>`, `<pre>` and `<textarea>`, which quote rather than say. */
  readonly prose: string
  /** The beginning of the body as it was sent. */
  readonly start: string
  /** The `src` of scripts and the `href` of `<link>` elements, at most a hundred. */
  readonly references: readonly string[]
  /** True when the page runs a script, which may show more than `text`. */
  readonly runs: boolean
  /** True when the page has pictures, frames or drawings. */
  readonly hasMedia: boolean
  /** True when the page has forms, fields or buttons. */
  readonly hasControls: boolean
}

const rawElements = ['script', 'style', 'template', 'noscript', 'title', 'noframes']
const mediaElements = [
  'img',
  'svg',
  'canvas',
  'video',
  'audio',
  'iframe',
  'frame',
  'object',
  'embed',
]
const controlElements = ['form', 'input', 'button', 'select', 'textarea']
const quotingElements = ['code', 'pre', 'textarea']
const maxReferences = 100

/** Reads HTML once from left to right. It takes linear time for any input, and never fails. */
export function parsePage(html: string): Page {
  // Unlike toLowerCase() this keeps the length, so that positions are valid in both texts.
  const lower = html.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
  const titles: string[] = []
  const heading: string[] = []
  const text: string[] = []
  const prose: string[] = []
  const references: string[] = []
  const open = { h1: 0, quoting: 0, svg: 0 }
  const has = { script: false, media: false, controls: false }

  const show = (piece: string) => {
    text.push(piece)
    if (open.quoting === 0) prose.push(piece)
    if (open.h1 === 1) heading.push(piece)
  }

  let at = 0
  while (at < html.length) {
    const tag = html.indexOf('<', at)
    show(html.slice(at, tag < 0 ? undefined : tag))
    if (tag < 0) break
    if (html.startsWith('<!--', tag)) {
      at = after(html.indexOf('-->', tag + 4), 3, html)
      continue
    }
    if (!/[a-z/!?]/.test(lower.charAt(tag + 1))) {
      show('<')
      at = tag + 1
      continue
    }
    const end = findTagEnd(html, tag)
    const source = html.slice(tag, Math.min(end, tag + 2_000))
    const { name, closes } = tagName(lower.slice(tag, tag + 40))
    at = end
    show(' ')
    // `open.h1` becomes 2 when the first heading is closed, so that a second one is not read.
    if (name === 'h1') open.h1 = Math.max(open.h1, closes ? 2 : 1)
    if (name === 'svg') open.svg = closes ? 0 : 1
    if (quotingElements.includes(name)) open.quoting = closes ? 0 : 1
    if (closes) continue
    if (mediaElements.includes(name)) has.media = true
    if (controlElements.includes(name)) has.controls = true
    if ((name === 'script' || name === 'link') && references.length < maxReferences) {
      const reference = readAttribute(source, name === 'script' ? 'src' : 'href')
      if (reference !== undefined) references.push(reference)
    }
    if (!rawElements.includes(name)) continue
    const close = lower.indexOf(`</${name}`, end)
    const inside = html.slice(end, close < 0 ? undefined : close)
    if (name === 'title' && open.svg === 0) titles.push(inside)
    if (name === 'script' && isProgram(source, inside)) has.script = true
    at = close < 0 ? html.length : close
  }

  return {
    title: plain(titles[0] ?? '').slice(0, 300),
    heading: plain(heading.join('')).slice(0, 300),
    text: plain(text.join('')),
    prose: plain(prose.join('')),
    start: html.trimStart().slice(0, 2_000),
    references,
    runs: has.script,
    hasMedia: has.media,
    hasControls: has.controls,
  }
}

const after = (found: number, length: number, html: string) =>
  found < 0 ? html.length : found + length

/** Whether a script is a program; blocks of data (JSON, templates) are none. */
function isProgram(tag: string, inside: string): boolean {
  const type = readAttribute(tag, 'type')?.trim().toLowerCase() ?? ''
  if (type !== '' && type !== 'module' && !/(?:java|ecma|babel|jsx)/.test(type)) return false
  return readAttribute(tag, 'src') !== undefined || inside.trim() !== ''
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

function plain(text: string): string {
  return text
    .replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
      if (name) return entities[String(name).toLowerCase()] ?? whole
      const code = decimal ? Number(decimal) : Number.parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : ' '
    })
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
}

/**
 * Finds the place after the `>` of a tag. A `>` in a quoted attribute does not end the tag, and an open tag ends
 * with the text.
 */
function findTagEnd(html: string, tag: number): number {
  let quote = ''
  for (let at = tag + 1; at < html.length; at++) {
    const character = html.charAt(at)
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '>') return at + 1
    // A quote starts a value only after "=", otherwise it is a letter like any other.
    else if ((character === '"' || character === "'") && isAfterEquals(html, at)) quote = character
  }
  return html.length
}

function isAfterEquals(html: string, at: number): boolean {
  // Only a few spaces are skipped, so that hostile text cannot make this slow.
  for (let before = at - 1; before > at - 8; before--) {
    if (html.charAt(before) === '=') return true
    if (html.charAt(before).trim() !== '') return false
  }
  return false
}

function tagName(lowerTag: string): { name: string; closes: boolean } {
  const [, slash, name] = /^<(\/?)([a-z][a-z0-9:-]*)/.exec(lowerTag) ?? []
  return { name: name ?? '', closes: slash === '/' }
}

/**
 * Reads the value of an attribute from one tag's source; `undefined` when the attribute is absent or has no value.
 */
function readAttribute(tag: string, name: string): string | undefined {
  const pattern = new RegExp(`\\s${name}\\s{0,8}=\\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i')
  const [, double, single, bare] = pattern.exec(tag) ?? []
  return double ?? single ?? bare
}
