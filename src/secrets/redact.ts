import { findNamed } from './named-secrets.ts'
import { findPrivateKeys } from './private-keys.ts'
import { findFormats } from './secret-formats.ts'

export const redacted = '[redacted]'

/**
 * Replaces every secret in a text by `[redacted]` and leaves all else, line ends included, unchanged. It is the
 * one place for all text that tmux-builder gathers: logs, evidence, debug prompts, what a terminal shows. What
 * users ask for never comes here.
 */
export function redact(text: string): string {
  const secrets = [...findSecrets(text), ...findWrapped(text)]
  if (secrets.length === 0) return text
  secrets.sort(([one], [other]) => one - other)
  let clean = ''
  let done = 0
  for (const [from, to] of secrets) {
    if (to <= done) continue
    // A span that overlaps the last one belongs to it.
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

/** A terminal may have cut a line of at least this length; panes are 200 columns wide, and the narrowest 80. */
const leastWidth = 76
/**
 * Matches where a line may go on in the next one. What a frame puts between the two halves is no part of a word.
 */
const fold = /(?<=[^\s│┃|])[ \t│┃|]{0,8}\r?\n[ \t│┃|⎿]{0,8}(?=[\w+/=.-])/g

/** Finds secrets that a terminal cut in two, by searching the text without those line ends. */
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
  /** The position of each fold in `joined`, and the number of characters that were left out up to there. */
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
    // Secrets within one line are found without this search.
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

/**
 * Whether the text after a fold begins a new line rather than goes on with the secret: a word, `NAME=`, a date or
 * a time.
 */
const beginsALine = (text: string, from: number, to: number) =>
  /^(?:[A-Z]?[a-z]{1,20}[.-]?|\d{4}-\d\d-\d\d\S{0,40}|\d\d)$/.test(
    text.slice(from, Math.min(to, from + 60)),
  ) || /^[A-Za-z_]\w{0,60}=(?![=\s]|$)/.test(text.slice(from, from + 70))

/** Redacts every text in a JSON value. */
export function redactValue<T>(value: T): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map(redactValue) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactValue(inner)]),
  ) as T
}
