import { expect, it } from 'vitest'
import { parseClarifications, questionKey } from '../../../src/domain/question.ts'

const question = { id: 'q1', question: 'Which colour?' }
const parse = (...questions: object[]) => parseClarifications(JSON.stringify({ questions }))

it('reads the contract’s example', () => {
  const whole = {
    ...question,
    reason: 'cost_threshold',
    options: ['a', 'b'],
    default: 'a',
    cost_estimate_monthly: 140,
  }
  expect(parse(whole)).toEqual({ ok: true, questions: [whole] })
})

it('fills in what is left out, and an unknown reason', () => {
  const filled = {
    ...question,
    reason: 'other',
    options: [],
    default: undefined,
    cost_estimate_monthly: undefined,
  }
  expect(parse(question)).toEqual({ ok: true, questions: [filled] })
  expect(parse({ ...question, reason: 'whim', options: null, default: null })).toEqual({
    ok: true,
    questions: [filled],
  })
})

it.each([
  ['nothing', ''],
  ['half', '{"questions":[{"id":"q1"'],
  ['no list', '{"questions":{}}'],
  ['no object', '[]'],
  ['no id', '{"questions":[{"question":"x"}]}'],
  ['an empty id', '{"questions":[{"id":"","question":"x"}]}'],
  ['an id that is a number', '{"questions":[{"id":1,"question":"x"}]}'],
  ['an empty question', '{"questions":[{"id":"q","question":""}]}'],
  ['options that are numbers', '{"questions":[{"id":"q","question":"x","options":[1]}]}'],
  ['too many', JSON.stringify({ questions: Array.from({ length: 101 }, () => question) })],
  [
    'a question as long as a book',
    JSON.stringify({ questions: [{ id: 'q', question: 'x'.repeat(20_001) }] }),
  ],
])('calls %s invalid', (_name, text) => {
  expect(parseClarifications(text)).toMatchObject({
    ok: false,
    problem: expect.stringMatching(/\S/),
  })
})

it('an id that is used again with another text is another question', () => {
  expect(questionKey(question)).toBe(questionKey({ ...question }))
  expect(questionKey(question)).not.toBe(questionKey({ ...question, question: 'Which shape?' }))
  expect(questionKey(question)).not.toBe(questionKey({ ...question, id: 'q2' }))
  const cost = { ...question, reason: 'cost_threshold', cost_estimate_monthly: 140 } as const
  expect(questionKey(cost)).not.toBe(questionKey({ ...cost, reason: 'tradeoff' }))
  expect(questionKey(cost)).not.toBe(questionKey({ ...cost, cost_estimate_monthly: 900 }))
})

it.each([['-5'], ['1e999'], ['"140"'], ['null'], ['[]']])(
  'asks what names %s as its cost, without the cost',
  (cost) => {
    const text = `{"questions":[{"id":"q","question":"x","reason":"cost_threshold","cost_estimate_monthly":${cost}}]}`
    expect(parseClarifications(text)).toMatchObject({
      ok: true,
      questions: [{ id: 'q', cost_estimate_monthly: undefined }],
    })
  },
)
