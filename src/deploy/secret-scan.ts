import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { redact, redacted } from '../domain/redact.ts'
import type { SiteFile } from './site-files.ts'

export interface Finding {
  readonly path: string
  /** `undefined`: the file itself has nothing to do in a site. */
  readonly line: number | undefined
  readonly what: string
}

/** Files that are secrets by their names, wherever they lie. */
const secretFiles: readonly [RegExp, string][] = [
  [/(^|\/)\.git(\/|$)/, 'a git repository'],
  [/(^|\/)\.(aws|ssh|gnupg|docker|kube)\//, 'a folder of credentials'],
  [/(^|\/)\.env(\.(?!example$|sample$|template$)[^/]*)?$/, 'an environment file'],
  [/(^|\/)(\.npmrc|\.netrc|\.pypirc|\.htpasswd|\.git-credentials)$/, 'a file of credentials'],
  [/(^|\/)(id_(rsa|dsa|ecdsa|ed25519)|[^/]*\.(pem|key|p12|pfx|jks|keystore))$/, 'a private key'],
  [/\.(tfstate|tfvars)(\.backup)?$/, 'the state of Terraform'],
]

const maxFindings = 20

/**
 * What must not be published: files by their names, and texts by the list that redaction uses. Behind a name such as
 * `password=` a program's own words are no secret, so what stands there has to look like one.
 */
export async function findSecrets(folder: string, files: readonly SiteFile[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { path } of files) {
    const file = secretFiles.find(([pattern]) => pattern.test(path))
    if (file) findings.push({ path, line: undefined, what: file[1] })
    else findings.push(...findInText(path, await readFile(join(folder, path))))
    if (findings.length >= maxFindings) break
  }
  return findings.slice(0, maxFindings)
}

function findInText(path: string, content: Buffer): Finding[] {
  if (content.subarray(0, 8_000).includes(0)) return []
  const text = content.toString('utf8')
  const found: Finding[] = []
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text) && redact(text) !== text)
    found.push({ path, line: lineOf(text, '-----BEGIN '), what: 'a private key' })
  text.split('\n').forEach((line, index) => {
    if (line.includes('PRIVATE KEY')) return
    const secret = secretsIn(line).find(looksSecret)
    if (secret !== undefined)
      found.push({ path, line: index + 1, what: `a key or token (${secret.slice(0, 4)}…)` })
  })
  return found
}

const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length

/** What redaction takes out of a line. */
export function secretsIn(line: string): string[] {
  const kept = redact(line).split(redacted)
  const secrets: string[] = []
  let from = kept[0]?.length ?? 0
  for (const part of kept.slice(1)) {
    const to = part === '' ? line.length : line.indexOf(part, from)
    if (to > from) secrets.push(line.slice(from, to))
    from = Math.max(to, from) + part.length
  }
  return secrets
}

/** Letters and digits mixed as in no word or expression. Stripe's `pk_` keys are made to be published. */
function looksSecret(text: string): boolean {
  return (
    text.length >= 16 &&
    /[0-9]/.test(text) &&
    /[A-Za-z]/.test(text) &&
    !/[(){}[\]<>$;,\s]/.test(text) &&
    !text.startsWith('pk_') &&
    entropyOf(text) > 3
  )
}

/** Shannon's, in bits a character. */
function entropyOf(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
