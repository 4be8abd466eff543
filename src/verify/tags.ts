/** The place after the tag's `>`; a `>` in a quoted attribute does not end it. The text's end when nothing does. */
export function findTagEnd(html: string, tag: number): number {
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
  // At most a few spaces: a bound, so that hostile text cannot make this slow.
  for (let before = at - 1; before > at - 8; before--) {
    if (html.charAt(before) === '=') return true
    if (html.charAt(before).trim() !== '') return false
  }
  return false
}

export function tagName(lowerTag: string): { name: string; closes: boolean } {
  const [, slash, name] = /^<(\/?)([a-z][a-z0-9:-]*)/.exec(lowerTag) ?? []
  return { name: name ?? '', closes: slash === '/' }
}

/** An attribute's value in one tag's source text; undefined when it is absent or has none. */
export function readAttribute(tag: string, name: string): string | undefined {
  const pattern = new RegExp(`\\s${name}\\s{0,8}=\\s{0,8}(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i')
  const [, double, single, bare] = pattern.exec(tag) ?? []
  return double ?? single ?? bare
}
