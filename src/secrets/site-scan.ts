import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findNamed } from './named-secrets.ts'
import { findKeyBlocks } from './private-keys.ts'
import { isPublic, type Value } from './public-keys.ts'
import { findFormats } from './secret-formats.ts'

export interface Finding {
  readonly path: string
  /** `undefined` when the file as a whole does not belong in a site. */
  readonly line: number | undefined
  readonly what: string
}

/** These files are secret by their names, wherever they lie. */
const secretFiles: readonly [RegExp, string][] = [
  [/(^|\/)\.git(\/|$)/, 'a git repository'],
  [/(^|\/)\.(aws|ssh|gnupg|docker|kube)\//, 'a folder of credentials'],
  [/(^|\/)\.env(\.(?!example$|sample$|template$)[^/]*)?$/, 'an environment file'],
  [/(^|\/)(\.npmrc|\.netrc|\.pypirc|\.htpasswd|\.git-credentials)$/, 'a file of credentials'],
  [/(^|\/)(id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(p12|pfx|jks|keystore))$/, 'a private key'],
  [/\.(tfstate|tfvars)(\.backup)?$/, 'the state of Terraform'],
]

const maxFindings = 20

/**
 * Finds what must not be published: files by their names, and texts by the lists that redaction uses. After a name
 * such as `password=` a program has words of its own, so the value must also look like a secret. Keys that are
 * made to be published pass.
 */
export async function findSecrets(
  folder: string,
  files: readonly { readonly path: string }[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { path } of files) {
    const file = secretFiles.find(([pattern]) => pattern.test(path))
    if (file) findings.push({ path, line: undefined, what: file[1] })
    else findings.push(...findInFile(path, await readFile(join(folder, path))))
    if (findings.length >= maxFindings) break
  }
  return findings.slice(0, maxFindings)
}

function findInFile(path: string, content: Buffer): Finding[] {
  if (/\.(?:key|pem|der)$/.test(path) && isBinaryKey(content))
    return [{ path, line: undefined, what: 'a private key' }]
  if (content.subarray(0, 8_000).includes(0)) return []
  return findInText(content.toString('utf8')).map((found) => ({ path, ...found }))
}

/**
 * Whether the content is a DER key of PKCS #1, PKCS #8 or SEC 1: a sequence that begins with the version 0 or 1.
 */
const isBinaryKey = (content: Buffer) =>
  /^\x30(?:\x82..|\x81.|.)\x02\x01[\x00\x01]/s.test(content.subarray(0, 8).toString('latin1'))

/** Finds the secrets in a text, at most one on each line. */
export function findInText(text: string): { line: number; what: string }[] {
  const keys = findKeyBlocks(text).filter(({ lines }) =>
    lines.some(([from, to]) => isKeyLine(text.slice(from, to))),
  )
  const found = keys.map(({ from }) => ({ at: from, what: 'a private key' }))
  let next = 0
  for (const value of valuesIn(text)) {
    while ((keys[next]?.to ?? Infinity) <= value.from) next++
    // The value is a part of the key.
    if ((keys[next]?.from ?? Infinity) < value.to) continue
    const what = whatIs(value)
    if (what !== undefined) found.push({ at: value.from, what })
  }
  found.sort((one, other) => one.at - other.at)
  const lines = new Map<number, string>()
  let line = 1
  let done = 0
  for (const { at, what } of found) {
    for (let end = text.indexOf('\n', done); end >= 0 && end < at; end = text.indexOf('\n', done)) {
      line++
      done = end + 1
    }
    if (!lines.has(line)) lines.set(line, what)
  }
  return [...lines].map(([number, what]) => ({ line: number, what }))
}

/**
 * Whether a line is one of a key. The shortest key has 64 characters in one line; a program that names the
 * beginning of a key goes on with ordinary words.
 */
const isKeyLine = (text: string) =>
  text.length >= 40 && /[0-9]/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)

function valuesIn(text: string): Value[] {
  const take = ([from, to]: [number, number], isNamed: boolean): Value => ({
    from,
    to,
    text: text.slice(from, to),
    before: text.slice(Math.max(0, from - 200), from),
    after: text.slice(to, to + 60),
    isNamed,
  })
  return [
    ...findFormats(text).map((span) => take(span, false)),
    ...findNamed(text).map((span) => take(span, true)),
  ].toSorted((one, other) => one.from - other.from)
}

function whatIs(value: Value): string | undefined {
  const user = value.isNamed && value.after.startsWith('@') && userBefore.exec(value.before)?.[1]
  if (typeof user === 'string')
    return isPassword(user, value.text, value.after.slice(1)) ? 'a password in a URL' : undefined
  if (!looksSecret(value.text) || isPublic(value)) return undefined
  return `a key or token (${value.text.slice(0, 4)}…)`
}

/** Whether letters and digits are mixed as in no word or expression. */
function looksSecret(text: string): boolean {
  return (
    text.length >= 16 &&
    /[0-9]/.test(text) &&
    /[A-Za-z]/.test(text) &&
    !/[(){}[\]<>$;,\s]/.test(text) &&
    entropyOf(text) > 3
  )
}

const documented = /^(?:[\w-]+\.)*(?:example(?:\.\w+)?|test|invalid)\b(?!\.\w)/i
const userBefore = /:\/\/([^\s/:@"'<>]{0,128}):$/
const placeholder =
  /^(?:(?:your|my|the|some|db|user|api)?[_-]?(?:pass(?:word|wd|phrase)?|pwd|pw|secret|token|key|credentials?)\d?|change[_-]?(?:me|it)|example|test|foo|bar|x+|\*+|.{1,2}|\d{1,5}[?#].*)$/i

/**
 * Whether the text between a user and a host is a password: neither a placeholder from documentation nor a part of
 * an expression.
 */
function isPassword(user: string, text: string, host: string): boolean {
  const [word = '', ...rest] = text.split('@')
  // The text may hold more than one `@`, so the password may end at the first or at the last.
  return [
    [text, host],
    [word, [...rest, host].join('@')],
  ].some(
    ([password = '', at = '']) =>
      password !== user &&
      !placeholder.test(password) &&
      !/[(){}[\]<>`\\,;|^]/.test(password) &&
      !documented.test(at),
  )
}

/** Computes Shannon's entropy, in bits per character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
