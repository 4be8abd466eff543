import { describe, expect, test } from 'vitest'
import { namedPatterns } from '../../../src/secrets/named-secrets.ts'
import { redact, redacted, redactValue } from '../../../src/secrets/redact.ts'
import { formatPatterns } from '../../../src/secrets/secret-formats.ts'
import { isFull } from '../../support/full.ts'
import { alnum, negatives, pem, positives } from './secrets.ts'

test('enough examples', () => {
  expect(positives.length).toBeGreaterThan(60)
  expect(negatives.length).toBeGreaterThan(60)
})

test.each([...formatPatterns, ...Object.values(namedPatterns)])(
  'an example shows %s',
  (pattern) => {
    expect(positives.some(([, text]) => new RegExp(pattern, 'i').test(text))).toBe(true)
  },
)

describe('what is secret goes', () => {
  test.each(positives)('%s', (_, text, ...secrets) => {
    const clean = redact(text)
    expect(clean).toContain(redacted)
    expect(secrets.filter((secret) => clean.includes(secret))).toEqual([])
    // No half of it either.
    for (const secret of secrets) expect(clean).not.toContain(secret.slice(0, 12))
    for (const secret of secrets) expect(clean).not.toContain(secret.slice(-6))
  })

  test.each(positives.filter(([, , ...secrets]) => secrets.length === 1))(
    'and nothing else: %s',
    (_, text, secret = '') => {
      const kept = text.split(secret)
      const clean = redact(text)
      expect(clean.startsWith(kept[0] ?? '')).toBe(true)
      expect(clean.endsWith(kept.at(-1) ?? '')).toBe(true)
    },
  )

  test.each(positives)('twice is as once: %s', (_, text) => {
    expect(redact(redact(text))).toBe(redact(text))
  })

  test.each(positives)('in the middle of other text: %s', (_, text, ...secrets) => {
    const clean = redact(`${'a line of a log\n'.repeat(3)}${text}\nDone.\nAll 10 tests pass\n`)
    expect(secrets.filter((secret) => clean.includes(secret))).toEqual([])
    expect(clean).toMatch(/^a line of a log\n[\s\S]*\nDone\.\nAll 10 tests pass\n$/)
  })
})

describe('what is not secret stays', () => {
  test.each(negatives)('%s', (_, text) => {
    expect(redact(text)).toBe(text)
  })

  test('in the middle of all the others', () => {
    const text = negatives.map(([, one]) => one).join('\n\n')
    expect(redact(text)).toBe(text)
  })
})

describe('a terminal that wraps', () => {
  const wrap = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []
  const token = `${'sk-a'}nt-api03-${alnum(95)}`
  const said = `  ● The key is ANTHROPIC_API_KEY=${token} and it works`

  test.each([80, 100, 120])('a token over lines of %d', (width) => {
    for (let before = 0; before < width; before++) {
      const clean = redact(wrap(' '.repeat(before) + said, width).join('\n'))
      expect(clean.replaceAll(/\s/g, '')).toBe(
        `●ThekeyisANTHROPIC_API_KEY=${redacted.repeat(clean.split(redacted).length - 1)}anditworks`,
      )
    }
  })

  test('in a frame', () => {
    const framed = wrap(said, 76).map((line) => `│ ${line.padEnd(76)} │`)
    const clean = redact(framed.join('\n'))
    expect(clean).not.toContain(token.slice(-12))
    expect(clean).toContain(' and it w')
  })

  test('a line that is short was not wrapped', () => {
    const text = `done\n${alnum(20)}`
    expect(redact(`${token}\n${text}`)).toBe(`${redacted}\n${text}`)
  })
})

test('lines stay lines', () => {
  const text = positives.map(([, one]) => one).join('\n')
  expect(redact(text).split('\n')).toHaveLength(text.split('\n').length)
})

test('text after a key that was cut off stays', () => {
  const cut = pem(`${'PRIV'}ATE KEY`).split('\n').slice(0, 4).join('\n')
  expect(redact(`${cut}\nThe build went on.\nAll 10 tests pass`)).toMatch(
    /-----\n\[redacted\]\n\[redacted\]\n\[redacted\]\nThe build went on\.\nAll 10 tests pass$/,
  )
})

test('text before a key whose beginning was cut off stays', () => {
  const cut = pem(`${'PRIV'}ATE KEY`).split('\n').slice(7).join('\n')
  expect(redact(`The log:\n${cut}\n`)).toBe(
    `The log:\n${redacted}\n${redacted}\n${cut.split('\n').at(-1)}\n`,
  )
})

test('every text of a value, and nothing but texts', () => {
  const secret = `${'gh'}p_${alnum(36)}`
  expect(redactValue({ a: [secret, 1, null], b: { c: `x ${secret}` }, d: true })).toEqual({
    a: [redacted, 1, null],
    b: { c: `x ${redacted}` },
    d: true,
  })
})

describe('the work is in proportion to the text', () => {
  /** Where a pattern may run on without a limit: only at its end is a failing try as cheap as a fitting one. */
  const endless = (pattern: string) =>
    [
      ...pattern
        .replaceAll(/\\.|\[(?:\\.|[^\]\\])*\]/g, (piece) => 'x'.repeat(piece.length))
        .matchAll(/[*+]|\{\d+,\}/g),
    ]
      .map((match) => pattern.slice(match.index + match[0].length))
      .filter((rest) => !/^\)*(?:\(\?![^()]*\))?$/.test(rest))

  test.each([...formatPatterns, ...Object.values(namedPatterns)])('%s', (pattern) => {
    // Alternatives end each for itself.
    const alternatives = pattern.split(/\|(?![^[]*\])/)
    expect(alternatives.flatMap(endless)).toEqual([])
  })

  test('a pattern that is not is seen', () => {
    expect(endless('a+b')).toEqual(['b'])
    expect(endless('(?:x[+*]{2,})y')).toEqual([')y'])
    expect(endless('x[+*]{2,}')).toEqual([])
  })

  const hostile = [
    ...formatPatterns.map((pattern) => pattern.replaceAll('\\', '').replace(/[[(].*/s, '') || '-'),
    ...['password', 'password=', 'PASSWORD=aaaaaaaa;', 'token: ', 'token|', 'secret access key ['],
    ...[
      '://',
      '://a:',
      '://a:b@',
      'bearer ',
      'authorization: basic ',
      'cookie: a=',
      '--a-a-a-',
      '--password ',
    ],
    ...[
      'machine ',
      'machine a login b ',
      "identified by '",
      'arn:aws:secret:',
      '-u a:',
      'AKIA',
      'sig=',
    ],
    ...[
      '-----BEGIN ',
      `${'-----BEG'}IN PRIVATE KEY-----`,
      `${'-----BEG'}IN PRIVATE KEY-----\n`,
      `${'-----E'}ND PRIVATE KEY-----`,
      `${alnum(20)}\n${'-----E'}ND PRIVATE KEY-----\n`,
      'Version: ',
      'MII ',
    ],
    ...[
      '\n',
      ' ',
      '\\n',
      '\\',
      '"',
      '[0;0m',
      '%3D',
      'a',
      '0',
      'a.',
      `${alnum(80)}\n`,
      `${alnum(80)} │\n│ `,
    ],
  ]

  const costOf = (text: string) => {
    const before = process.cpuUsage()
    redact(text)
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
  const length = isFull ? 1_000_000 : 200_000

  test('ten times the text is not forty times the work', () => {
    // So that it is compiled.
    redact(
      positives
        .map(([, text]) => text)
        .join('\n')
        .repeat(20),
    )
    const growthOf = (unit: string) => {
      const long = unit.repeat(Math.ceil(length / unit.length))
      return costOf(long) / Math.max(costOf(long.slice(0, length / 10)), 3_000)
    }
    // What else the machine does may make one measurement bad, not three.
    const slow = hostile.filter((unit) => [1, 2, 3].every(() => growthOf(unit) > 40))
    expect(slow).toEqual([])
  }, 120_000)
})
