/** How much of a request is shown on the page. */
export const shownCharacters = 2000

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text as it stands in markup, also inside attributes; characters HTML does not allow become U+FFFD. */
export const escapeHtml = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character)

/** Line ends as HTML reads them, so that what is shown can be found again. */
export const plainLines = (text: string): string => text.replace(/\r\n?/g, '\n')

/** The first characters of a text, never half of one. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cut = text.slice(0, limit)
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut
}

const opening =
  /^(?:please\s+|hi[,!]?\s+|hello[,!]?\s+)*(?:(?:can|could) you\s+|i (?:want|need|would like)\s+(?:you to\s+)?)?(?:please\s+)?(?:(?:build|make|create|write|design|develop|generate|code)\s+)?(?:me\s+|us\s+)?(?:(?:a|an|the|my|our|some)\s+)?/i

/** A page title made from the request's first sentence; the fallback where it has no words. */
export function titleFrom(request: string, fallback: string): string {
  const line = clip(request, shownCharacters)
    .split(/[\n.!?]/)
    .map((part) => part.trim())
    .find((part) => /\p{L}{2}/u.test(part))
  const words = (line ?? '')
    .replace(opening, '')
    .replace(/(?<=\S{3}.*)\s(?:with|that|which|where|using)\s.*$/is, '')
    .replace(/[^\p{L}\p{M}\p{N}\s'’,&+#:-]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  const cut = words.length > 60 ? clip(words, 60).replace(/\s+\S*$/, '') : words
  const title = cut.replace(/(?:\s+(?:and|or|of|for|to|the|a|an))*[\s,&:#+-]*$/i, '')
  return /\p{L}{2}/u.test(title) ? capitalise(title) : fallback
}

/** The request's parts, as a page's sections can carry them: at most six, each once. */
export function phrasesFrom(request: string): string[] {
  const parts = clip(request, shownCharacters)
    .replace(opening, '')
    .split(/[\n.,;:!?]+|\s+(?:and|with|for|including)\s+/i)
    .map((part) => part.replace(/\s+/g, ' ').trim())
    .filter((part) => /\p{L}{3}/u.test(part))
    .map((part) => capitalise(clip(part, 200)))
  return [...new Set(parts)].slice(0, 6)
}

/** The text with its first letter in upper case. */
export const capitalise = (text: string): string => {
  const [first = '', ...rest] = text
  return first.toUpperCase() + rest.join('')
}
