import { expect, it } from 'vitest'
import { describeQuestion, parseTyped } from '../../../src/cli/ask.ts'
import type { AskedQuestion } from '../../../src/domain/question.ts'

const plain: AskedQuestion = {
  id: 'q1',
  question: 'Colour?',
  reason: 'tradeoff',
  options: ['red', 'blue'],
  default: 'blue',
  cost_estimate_monthly: undefined,
}
const cost: AskedQuestion = {
  ...plain,
  reason: 'cost_threshold',
  options: ['approve', 'reject'],
  default: 'approve',
  cost_estimate_monthly: 140,
}
const security: AskedQuestion = { ...plain, reason: 'security', options: ['login', 'reject'] }

const answer = (text: string) => ({ answer: text, decision: 'answer' })
const approved = { answer: 'approved', decision: 'approve' }
const rejected = { answer: 'rejected', decision: 'reject' }

it.each([
  ['a number', plain, '1', answer('red')],
  ['a number with spaces', plain, ' 2 ', answer('blue')],
  ['an empty line', plain, '', answer('blue')],
  ['spaces', plain, '   ', answer('blue')],
  ['a text', plain, ' dark red ', answer('dark red')],
  ['a number that is no option', plain, '7', undefined],
  ['zero', plain, '0', undefined],
  ['a number where there are no options', { ...plain, options: [] }, '7', answer('7')],
  ['what numbers can also look like', plain, '1e0', answer('1e0')],
  ['an empty line without a default', { ...plain, default: undefined }, '', undefined],
  ['an empty line with an empty default', { ...plain, default: ' ' }, '', undefined],
  ['an empty line before an approval', cost, '', undefined],
  ['a yes', cost, 'Y', approved],
  ['approve', cost, ' Approve ', approved],
  ['a no', cost, 'no', rejected],
  ['a number that says approve', cost, '1', approved],
  ['a number that says reject', cost, '2', rejected],
  ['a number that says neither', { ...cost, options: ['cheaper'] }, '1', undefined],
  ['a text before an approval', cost, 'approve it if cheap', undefined],
  ['a way to go, by number', security, '1', answer('login')],
  ['a way to go, by name', security, 'login', answer('login')],
  ['a text before a gate with ways', security, 'nope', undefined],
  ['a refusal by number', security, '2', rejected],
])('%s', (_name, question, line, wanted) => {
  expect(parseTyped(question, line)).toEqual(wanted)
})

it('shows options with numbers, the amount and the default, but no default of an approval', () => {
  expect(describeQuestion(plain)).toBe('Question q1: Colour?\n  1. red\n  2. blue\n  default: blue')
  expect(describeQuestion(cost)).toBe(
    'Question q1: Colour?\n  estimated cost: 140 US dollars a month\n  1. approve\n  2. reject',
  )
})

it('the text of a question can neither control the terminal nor disguise itself', () => {
  const hostile = '\x1b[2J\x1b]0;title\x07\x9b31m\r\nQuestion q2: free\u202Eevorppa\u2066\u2028x'
  const shown = describeQuestion({
    ...plain,
    id: hostile,
    question: hostile,
    options: [hostile],
    default: hostile,
  })
  expect(shown.split('\n')).toHaveLength(3)
  expect(shown.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/)
})
