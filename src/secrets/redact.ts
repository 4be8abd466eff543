import { findNamed } from './named-secrets.ts'
import { findPrivateKeys } from './private-keys.ts'
import { findFormats } from './secret-formats.ts'

export const redacted = '[redacted]'

/**
 * The one place that removes secrets from what we gather: logs, evidence, debug prompts, what a terminal shows. Puts
 * `[redacted]` where one stands; everything else, line ends too, stays as it is. What users ask for never comes here.
 */
export function redact(text: string): string {
  const secrets = [...findSecrets(text), ...findWrapped(text)]
  if (secrets.length === 0) return text
  secrets.sort(([one], [other]) => one - other)
  let clean = ''
  let done = 0
  for (const [from, to] of secrets) {
    if (to <= done) continue
    // What overlaps the last one belongs to it.
    clean += from < done ? '' : text.slice(done, from) + redacted
    done = to
  }
  return clean + text.slice(done)
}

const findSecrets = (text: string) => [
  ...findFormats(text),
  ...findNamed(text),
  ...findPrivateKeys(text),
]

/** A line of at least that many characters may have been cut by a terminal; panes are 200 wide, the narrowest 80. */
const leastWidth = 76
/** Where a line may go on in the next one: what a frame puts between the two halves is not part of a word. */
const fold = /(?<=[^\s│┃|])[ \t│┃|]{0,8}\r?\n[ \t│┃|⎿]{0,8}(?=[\w+/=.-])/g

/** Secrets that a terminal cut in two: they are looked for in the text without those line ends. */
function findWrapped(text: string): [number, number][] {
  const folds: [number, number][] = []
  for (const match of text.matchAll(fold)) {
    const lineStart = text.lastIndexOf('\n', match.index - 1) + 1
    if (match.index - lineStart >= leastWidth)
      folds.push([match.index, match.index + match[0].length])
  }
  if (folds.length === 0) return []
  let joined = ''
  let done = 0
  /** Where in `joined` each fold is, and how much was left out up to there. */
  const seams: { at: number; left: number; fold: [number, number] }[] = []
  for (const cut of folds) {
    joined += text.slice(done, cut[0])
    done = cut[1]
    seams.push({ at: joined.length, left: done - joined.length, fold: cut })
  }
  joined += text.slice(done)
  const found: [number, number][] = []
  let next = 0
  let left = 0
  for (const [from, to] of findSecrets(joined).sort(([one], [other]) => one - other)) {
    for (let seam = seams[next]; seam && seam.at <= from; seam = seams[next]) {
      left = seam.left
      next++
    }
    // Those within one line were found there.
    let start = from + left
    for (let ahead = next; ; ahead++) {
      const seam = seams[ahead]
      if (!seam || seam.at >= to) {
        const end = to + (seams[ahead - 1]?.left ?? 0)
        if (ahead > next && !beginsALine(text, start, end)) found.push([start, end])
        break
      }
      found.push([start, seam.fold[0]])
      start = seam.fold[1]
    }
  }
  return found
}

/** After a secret at a line's end, too, a new line begins: with a word, `NAME=`, a date or a time. */
const beginsALine = (text: string, from: number, to: number) =>
  /^(?:[A-Z]?[a-z]{1,20}[.-]?|\d{4}-\d\d-\d\d\S{0,40}|\d\d)$/.test(
    text.slice(from, Math.min(to, from + 60)),
  ) || /^[A-Za-z_]\w{0,60}=(?![=\s]|$)/.test(text.slice(from, from + 70))

/** As `redact`, for every text in a JSON value. */
export function redactValue<T>(value: T): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map(redactValue) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactValue(inner)]),
  ) as T
}
