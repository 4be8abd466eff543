// These values are secret because of what stands before them: a name, a header or the user of a URL. As in
// secret-formats.ts each expression is bounded up to its last piece, so that a search takes linear time.

const kind =
  '(?:api|access|account|auth|private|signing|encryption|master|storage|application|app|license|function|shared[_-]?access|service[_-]?role)'
const names = [
  'pass(?:word|wd|phrase)',
  // This finds `DB_PASS=` and `pass: '…'`, but neither "compass" nor "the second pass".
  '(?<![a-z0-9-]|\\w[ \\t])pass',
  'pwd',
  `secret(?:[ _-]?access)?(?:[ _-]?(?:key(?:[_-]?base)?|string))?`,
  `${kind}[ _-]?key`,
  'client[_-]key[_-]data',
  'token',
].join('|')

export const namedPatterns = {
  assignment: `(${names})(?:_?\\d{1,2})?(?: \\[[^\\]\\n]{0,40}\\])?((?:\\\\{0,3}["'])?\\]?[ \\t]{0,8}(?:=>|:=|[:=|]|%3D)[ \\t]{0,8})(?:(\\\\{0,3}["'\`])([^\\s"'\`\\\\]{4,})|([^\\s"'\`,;&(){}<>|\\\\=][^\\s"'\`,;&(){}<>|\\\\]{3,}))`,
  header: `authorization["']?[ \\t]{0,4}[:=][ \\t]{0,4}["']?(?:bearer|basic|token|digest|apikey|key)[ \\t]{1,4}([^\\s"',;\\\\]{6,})`,
  bearer: `\\bbearer[ \\t]{1,4}(?=[\\w.~+/=-]{0,40}\\d)([\\w.~+/=-]{16,})`,
  cookie: `\\b(?:set-)?cookie["']?:[ \\t]{0,4}["']?(?=[^\\s=;"']{1,64}=)([^\\r\\n"'\\\\]{12,})`,
  userInfo: `:\\/\\/[^\\s/:@"'<>]{0,128}:([^\\s/"'<>]{1,256})@`,
  userAlone: `:\\/\\/([^\\s/:@"'<>]{20,256})@`,
  netrc: `(?:\\bmachine\\s{1,8}\\S{1,253}|\\bdefault)(?:\\s{1,8}login\\s{1,8}\\S{1,128})?\\s{1,8}password\\s{1,8}(\\S{1,})`,
  dockerAuth: `["'](?:_?auth|identitytoken|registrytoken)["'][ \\t]{0,4}:[ \\t]{0,4}["']([A-Za-z0-9+/=_.-]{8,})`,
  npmrcAuth: `\\b_auth[ \\t]{0,4}=[ \\t]{0,4}["']?([A-Za-z0-9+/=]{8,})`,
  sql: `\\b(?:password|identified by)[ \\t]{1,4}'([^'\\n]{6,})`,
  element: `<(?:\\w{0,20}:)?(?:SecretAccessKey|SessionToken|Password|\\w{0,20}ApiKey)>([^<\\s]{6,})`,
  signature: `[?&, ](?:x-amz-)?sig(?:nature)?=([A-Za-z0-9%+/=_-]{20,})`,
  option: `--(?:[a-z0-9]{1,20}-){0,3}(?:password|passwd|token|secret|(?:api|access|auth|secret)-key)[ \\t]{1,4}["']?(?!id=)(?=[^\\s"']{0,40}\\d)([^\\s"'=<$-][^\\s"']{7,})`,
  user: `(?:\\s-u|--user)[ \\t]{1,4}["']?[^\\s:"']{1,64}:(?=[^\\s"']{0,40}[^\\d\\s"'])([^\\s"'$][^\\s"']{5,})`,
  awsPair: `(?:AKIA|ASIA)[A-Z0-9]{16}[\\s,|:;"']{1,12}(?:\\d{4}-[\\d:TZ+-]{6,24}[\\s,|]{1,12})?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])`,
} as const

const { assignment, ...simple } = namedPatterns
const simpleExpressions = Object.values(simple).map((pattern) => new RegExp(pattern, 'gid'))
const assignmentExpression = new RegExp(assignment, 'gid')

/** Finds such values in a text, as [from, to]. */
export function findNamed(text: string): [number, number][] {
  const found: [number, number][] = []
  for (const expression of simpleExpressions)
    for (const match of text.matchAll(expression)) {
      const span = match.indices?.[1]
      if (span && !isReference(match[1] ?? '')) found.push(span)
    }
  for (const match of text.matchAll(assignmentExpression)) {
    const span = assignedSecret(text, match)
    if (span) found.push(span)
  }
  return found
}

function assignedSecret(text: string, match: RegExpExecArray): [number, number] | undefined {
  const [, name = '', between = '', quote, quoted, bare] = match
  const [from, to] = match.indices?.[quote ? 4 : 5] ?? [0, 0]
  const value = quoted ?? bare ?? ''
  const before = lineBefore(text, match.index)
  if (isReference(value) || isWordOfCode(value) || /\barn:\S*$/.test(before)) return undefined
  // The value comes from a call, so it does not stand here.
  if (!quote && text[to] === '(') return undefined
  const isPlace = /^(?:(?:~|\.{1,2})?\/[\w.@-]{1,}(?:\/[\w.@-]{1,}){0,}$|https?:\/\/)/.test(value)
  if (isPlace && value.length !== 40) return undefined
  const isMixed = /\d/.test(value) && /[A-Za-z]/.test(value)
  // Tests and phases have a "pass" too, which a count or a word follows.
  const isPassword = /^(?:pass[wp]|secret|pwd)/i.test(name) || (/^pass$/i.test(name) && isMixed)
  const isTight = !/[ \t]/.test(between)
  const isEquals = /=|%3D/i.test(between)
  const isAtLineStart =
    /^[\s>+│┃|⎿$#-]{0,}(?:(?:export|setx?|ENV|ARG|env)[ \t]{1,}|\$env:)?[\w.-]{0,}$/i.test(before)
  if (isAtLineStart && isEquals && isTight && !quote) {
    const lineEnd = nextSpace(text, to)
    if (lineEnd - from >= shortest) return [from, lineEnd]
  }
  const isOption = /(?:[?&]|--)[\w.-]{0,}$/.test(before)
  const isConnection = /;[ \t]{0,}(?:\w{1,} )?$/.test(before) && /^[A-Z]/.test(name)
  const isAlone = /^[ \t\r│|]{0,8}(?:\n|$)/.test(text.slice(to, to + 10))
  const isStrong =
    (quote !== undefined && !between.includes('|')) ||
    (isEquals && name === name.toUpperCase()) ||
    (isEquals && isTight && (isOption || isConnection)) ||
    (isPassword && isAlone && !between.includes('|'))
  if (value.length >= shortest && isStrong) return [from, to]
  return value.length >= 12 && isMixed ? [from, to] : undefined
}

/** A shorter value is a word or a number rather than a secret. */
const shortest = 6
const lookBack = 120
const longestValue = 4096

const lineBefore = (text: string, at: number) =>
  text
    .slice(Math.max(0, at - lookBack), at)
    .split(/\n|\\[nr]/)
    .at(-1) ?? ''

function nextSpace(text: string, at: number): number {
  const rest = text.slice(at, at + longestValue)
  const length = rest.search(/[\s"'`\\]/)
  return at + (length < 0 ? rest.length : length)
}

/** Whether a value only refers to a secret or stands for one: `$NAME`, `process.env.NAME`, `<token>`, `****`. */
function isReference(value: string): boolean {
  return (
    /^(?:\$(?:[a-z_{(]|\d\b)|%[(s]|%\w+%|@Microsoft|<|\{[{a-z]|\[|!(?:Ref|Sub|GetAtt|ImportValue)\b)/i.test(
      value,
    ) ||
    /^(?:arn:|ssm:|vault:|secretsmanager:)/.test(value) ||
    /^(.)\1{0,}\.{0,}$/.test(value) ||
    /^(?:[a-zA-Z_$][a-zA-Z_$]{0,40}[?!]?\.){1,}[a-zA-Z_$][\w$]{0,}[.!]?$/.test(value)
  )
}

const isWordOfCode = (value: string) =>
  /^(?:string|number|boolean|object|unknown|undefined|function|required|optional|disabled|enabled|default|included|missing|present|generated|unchanged|invalid|expired|hidden|visible|nullable|readonly|password|passwords|secret|secrets|token|tokens)[.!?]?$/i.test(
    value,
  )
