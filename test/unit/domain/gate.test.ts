import { describe, expect, it } from 'vitest'
import {
  type AskedQuestion,
  answerByPolicy,
  costGate,
  isGate,
  ownGateKey,
  questionKey,
  questionReasons,
  safeAnswer,
  withoutRepeated,
} from '../../../src/domain/question.ts'
import type { Report } from '../../../src/domain/report.ts'

const question: AskedQuestion = {
  id: 'q1',
  question: 'May I?',
  reason: 'cost_threshold',
  options: ['approve', 'reject'],
  default: 'approve',
  cost_estimate_monthly: 140,
}
const plain: AskedQuestion = { ...question, reason: 'tradeoff', default: 'red' }
const report = (cost?: number) =>
  ({
    status: 'planning',
    phase: 1,
    progress: 10,
    message: '',
    cost_estimate_monthly: cost,
  }) as Report
const answered = (change: Partial<AskedQuestion>, decision?: 'approve' | 'reject' | 'answer') => ({
  ...question,
  ...change,
  answer: decision && { decision },
})

it('cost, security and approval are gates; the rest is not', () => {
  expect(questionReasons.filter((reason) => isGate({ reason }))).toEqual([
    'cost_threshold',
    'security',
    'approval',
  ])
})

describe('the gate of a reported cost', () => {
  it.each([
    ['no cost', undefined],
    ['nothing', 0],
    ['the threshold itself', 100],
  ])('does not stand before %s', (_name, cost) => {
    expect(costGate(report(cost), 100, [])).toBeUndefined()
  })

  it('stands before what is above the threshold, and has nothing that answers it by itself', () => {
    const gate = costGate(report(100.01), 100, [])
    expect(gate).toMatchObject({ reason: 'cost_threshold', cost_estimate_monthly: 100.01 })
    expect(gate?.default).toBeUndefined()
    expect(costGate(report(Number.MAX_VALUE), 100, [])).toBeDefined()
  })

  it.each([
    ['an approval of less', answered({ cost_estimate_monthly: 139 }, 'approve')],
    ['an approval of no amount', answered({ cost_estimate_monthly: undefined }, 'approve')],
    ['an approval of nothing', answered({ cost_estimate_monthly: 0 }, 'approve')],
    ['an approval of something else', answered({ reason: 'tradeoff' }, 'approve')],
    ['a refusal', answered({}, 'reject')],
    ['an answer', answered({}, 'answer')],
    ['an open question about less', answered({ cost_estimate_monthly: 20 })],
  ])('is not opened by %s', (_name, other) => {
    expect(costGate(report(140), 100, [other])).toBeDefined()
  })

  it.each([
    ['an approval of as much', answered({}, 'approve')],
    ['an approval of more', answered({ cost_estimate_monthly: 200 }, 'approve')],
    ['an open question about as much', answered({})],
  ])('is not raised again beside %s', (_name, other) => {
    expect(costGate(report(140), 100, [other])).toBeUndefined()
    expect(costGate(report(201), 100, [other])).toBeDefined()
  })
})

describe('what is asked for', () => {
  const gateOf = (cost: number) => {
    const gate = costGate(report(cost), 100, [])
    if (!gate) throw new Error('no gate')
    return { ...gate, key: ownGateKey(gate) }
  }
  const agents = (change: Partial<AskedQuestion>) => {
    const asked = { ...question, ...change }
    return { ...asked, key: questionKey(asked) }
  }

  it('no amount is asked for twice: the agent’s question stands for ours', () => {
    const own = gateOf(140)
    const theirs = agents({})
    expect(withoutRepeated([own, theirs])).toEqual([theirs])
    expect(withoutRepeated([theirs, own])).toEqual([theirs])
    expect(withoutRepeated([gateOf(120), gateOf(140)])).toEqual([gateOf(140)])
  })

  it.each([
    ['names less', agents({ cost_estimate_monthly: 10 })],
    ['names no amount', agents({ cost_estimate_monthly: undefined })],
    ['is about something else', agents({ reason: 'security' })],
    ['copies ours with another reason', agents({ ...gateOf(140), reason: 'tradeoff' })],
  ])('ours stays beside one that %s', (_name, theirs) => {
    expect(withoutRepeated([theirs, gateOf(140)])).toEqual([theirs, gateOf(140)])
  })

  it('one that copies ours to the letter takes not its place', () => {
    const { key, ...gate } = gateOf(140)
    expect(questionKey(gate)).not.toBe(key)
    expect(questionKey({ ...gate, id: key })).not.toBe(key)
  })
})

describe('answers without a user', () => {
  const approvedGate = { answer: 'approved', decision: 'approve' }
  const refused = { answer: 'rejected', decision: 'reject' }
  const byDefault = { answer: 'red', decision: 'answer' }
  const noDefault = { ...plain, default: undefined }

  it.each([
    ['wait', question, undefined],
    ['wait', plain, undefined],
    ['fail', plain, undefined],
    // Never by what the agent suggests, whatever that says.
    ['default', question, undefined],
    ['default', plain, byDefault],
    ['default', { ...plain, default: '' }, undefined],
    ['default', noDefault, undefined],
    ['approve', question, approvedGate],
    ['approve', { ...question, default: 'reject' }, approvedGate],
    ['approve', plain, { answer: 'red', decision: 'approve' }],
    ['approve', noDefault, approvedGate],
    ['reject', question, refused],
    ['reject', plain, refused],
  ] as const)('--on-question %s', (policy, asked, wanted) => {
    expect(answerByPolicy(asked, policy)).toEqual(wanted)
  })

  it('in time nobody came: a gate is refused, else the default, else refused', () => {
    expect(safeAnswer(question)).toEqual(refused)
    expect(safeAnswer(plain)).toEqual(byDefault)
    expect(safeAnswer(noDefault)).toEqual(refused)
  })
})
