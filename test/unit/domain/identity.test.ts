import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  guidOf,
  parseEmail,
  parseGuidPrefix,
  parsePhone,
  parseProject,
} from '../../../src/domain/identity.ts'

const guid = (email: string, phone: string, project?: string) =>
  guidOf({
    email: parseEmail(email),
    phone: parsePhone(phone),
    project: project === undefined ? undefined : parseProject(project),
  })

const first = '4f90185371635678b3c7c44eca73fd36457046c2b8f1912f50fdd2f22d72b7c6'
const usage = expect.objectContaining({ reason: 'usage', hint: expect.any(String) })

describe('the GUID', () => {
  it.each([
    ['test@example.com', '+15551234567', undefined, first],
    [' Test@Example.COM ', '+1 (555) 123-4567', undefined, first],
    ['test@example.com', '+1/555.123.4567', undefined, first],
    [
      'user1@example.com',
      '+15551111111',
      undefined,
      'd1f3584a7dde0ae258fb37f50d699781c0d6266f313e59d99489f94b3d854489',
    ],
    [
      'test@example.com',
      '+15551234567',
      'todo',
      'bbc815049b4b84809d6143cf428eff02d20bbc9980ff96c9e8f0143d3d1b9683',
    ],
  ])('of %j, %j, %j', (email, phone, project, expected) => {
    expect(guid(email, phone, project)).toBe(expected)
  })

  it('of a phone with and without + differs', () => {
    expect(guid('test@example.com', '15551234567')).not.toBe(first)
  })

  it('is the SHA-256 of the text', () => {
    const text = "o'brien+x@a-b.example.org:5551234:a-1"
    expect(guid("O'Brien+X@A-B.example.org", '555 1234', 'a-1')).toBe(
      createHash('sha256').update(text).digest('hex'),
    )
  })
})

it.each([
  ['a@b.co', 'a@b.co'],
  ['\tA.B+c@D.example \n', 'a.b+c@d.example'],
])('takes the e-mail %j', (text, expected) => {
  expect(parseEmail(text)).toBe(expected)
})

it.each([
  '',
  ' ',
  'a',
  'a@',
  '@b.co',
  'a@b',
  'a@b..co',
  'a@-b.co',
  'a@b-.co',
  'a b@c.de',
  'a@b.co:x',
  'a@b.co\n@c.de',
  'ä@b.co',
  'a@b@c.de',
  `${'a'.repeat(250)}@b.co`,
])('refuses the e-mail %j', (text) => {
  expect(() => parseEmail(text)).toThrow(usage)
})

it.each([
  ['1234567', '1234567'],
  ['+1234567', '+1234567'],
  ['123456789012345', '123456789012345'],
  [' (0049) 30/123-45.67 ', '00493012345' + '67'],
])('takes the phone %j', (text, expected) => {
  expect(parsePhone(text)).toBe(expected)
})

it.each([
  '',
  '+',
  '123456',
  '1234567890123456',
  '1+2345678',
  '++1234567',
  '12345x7',
  '１２３４５６７',
  '1234567:8',
  '1_234_567',
])('refuses the phone %j', (text) => {
  expect(() => parsePhone(text)).toThrow(usage)
})

it.each(['a', '0', '-', 'todo-app-2', 'x'.repeat(40)])('takes the project %j', (text) => {
  expect(parseProject(text)).toBe(text)
})

it.each(['', 'A', 'a b', 'a_b', 'a.b', 'ä', 'x'.repeat(41), 'a\n', ' a'])(
  'refuses the project %j',
  (text) => {
    expect(() => parseProject(text)).toThrow(usage)
  },
)

it.each([first, first.slice(0, 4), 'abcd'])('takes the GUID or prefix %j', (text) => {
  expect(parseGuidPrefix(text)).toBe(text)
})

it.each([
  '',
  '4f9',
  first.toUpperCase(),
  'ABCD',
  'abcg',
  `${first}0`,
  ' abcd',
  'abcd\n',
  '%%%%',
  '../x',
])('refuses the GUID or prefix %j', (text) => {
  expect(() => parseGuidPrefix(text)).toThrow(usage)
})
