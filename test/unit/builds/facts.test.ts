import { describe, expect, it } from 'vitest'
import { noActivity, type TurnFailure } from '../../../src/agents/activity.ts'
import { factsOf } from '../../../src/builds/facts.ts'
import { beginMemory, remember, withOldFailure } from '../../../src/builds/memory.ts'
import type { Facts } from '../../../src/builds/next-step.ts'
import { lineOf, promptOf, type Snapshot } from '../../../src/builds/observe.ts'
import { questionKey } from '../../../src/domain/question.ts'
import type { Report } from '../../../src/domain/report.ts'
import type { Build } from '../../../src/store/builds.ts'
import { asked, build, delivery, line, look, noon, question, settings } from './look.ts'

/** The facts at the last of these looks. */
const factsAfter = (...looks: readonly Snapshot[]): Facts =>
  factsOf(looks.at(-1) as Snapshot, looks.reduce(remember, beginMemory(build, 0)))
const factsAt = (change: Partial<Snapshot>) => factsAfter(look(change))
const ready = { ...noActivity, isReady: true }
const withSettings = (change: Partial<Build['settings']>): Build => ({
  ...build,
  settings: { ...settings, ...change },
})

it('an agent at work leaves nothing to do', () => {
  expect(factsAt({})).toEqual({
    state: 'implementing',
    isTimeUp: false,
    isAttemptTimeUp: false,
    isBudgetSpent: false,
    isPausing: false,
    prompt: 'confirmed',
    isPromptAccepted: false,
    isPromptOverdue: false,
    isAgentAlive: true,
    isAgentReady: true,
    isAgentLost: false,
    isLimitOver: false,
    permissionWanted: undefined,
    turnFailure: undefined,
    reportedError: undefined,
    silence: undefined,
    line: 'none',
    isLineAccepted: false,
    isLineOverdue: false,
    wasReminded: false,
    newReport: undefined,
    invalidReport: undefined,
    hasNewQuestions: false,
    openQuestions: 0,
    hasQuestionsToSettle: false,
    hasOpenGate: false,
    forbiddenQuestion: undefined,
    refusal: undefined,
    hasUntoldAnswers: false,
  })
})

it.each([
  ['alive', true, false],
  ['ended', false, false],
  ['lost', false, true],
] as const)('an agent that is %s', (agent, isAgentAlive, isAgentLost) => {
  expect(factsAt({ agent })).toMatchObject({ isAgentAlive, isAgentLost })
})

describe('a failed turn', () => {
  const failed = (change: Partial<TurnFailure> = {}) => ({
    ...ready,
    failure: { kind: 'limit', name: 'n', message: 'm', until: noon + 60_000, ...change } as const,
  })

  it('says when its limit is lifted, and whether that is near enough', () => {
    const facts = (until: number | undefined, one = build) =>
      factsAt({ build: one, activity: failed({ until }) }).turnFailure
    expect(facts(noon + 60_000)).toEqual({
      kind: 'limit',
      name: 'n',
      message: 'm',
      resetsAt: '2026-01-01T12:01:00.000Z',
      isWorthWaiting: true,
    })
    const short = withSettings({ limitWaitMs: 59_999 })
    expect(facts(noon + 60_000, short)?.isWorthWaiting).toBe(false)
    expect(facts(noon + settings.timeoutMs + 1)?.isWorthWaiting).toBe(false)
    for (const until of [undefined, noon, noon - 1])
      expect(facts(until)).toMatchObject({ resetsAt: undefined, isWorthWaiting: false })
  })

  it('counts once: not again when a line was given since', () => {
    const activity = failed()
    const seen = look({ activity })
    const memory = remember(beginMemory(build, 0), seen)
    expect(factsOf(seen, memory).turnFailure).toBeDefined()
    const given = withOldFailure(memory, activity.failure)
    expect(factsOf(seen, given).turnFailure).toBeUndefined()
    expect(factsOf(look({ activity: failed() }), given).turnFailure).toBeDefined()
  })

  it('counts for nothing before the prompt is taken', () => {
    const facts = factsAt({ activity: failed(), deliveries: [delivery('sent')] })
    expect(facts.turnFailure).toBeUndefined()
  })
})

describe('a line is overdue', () => {
  const sent = (lookedMs: number, isReady: boolean) =>
    look({ deliveries: [delivery('sent')], activity: { ...noActivity, isReady }, lookedMs })

  it.each([
    ['a start within its limit', [sent(0, false), sent(30_000, false)], false],
    ['a start that takes longer', [sent(0, false), sent(30_001, false)], true],
    [
      'a ready agent within the limit',
      [sent(0, false), sent(29_000, true), sent(89_000, true)],
      false,
    ],
    ['a ready agent that takes longer', [sent(0, true), sent(60_001, true)], true],
  ])('%s', (_name, looks, isPromptOverdue) => {
    expect(factsAfter(...looks)).toMatchObject({ prompt: 'sent', isPromptOverdue })
  })

  it('sooner where the agent may not be silent for long', () => {
    const impatient = withSettings({ stallTimeoutMs: 1_000 })
    const at = (lookedMs: number) =>
      look({ build: impatient, deliveries: [delivery('confirmed'), line('sent')], lookedMs })
    expect(factsAfter(at(0), at(6_000))).toMatchObject({ line: 'sent', isLineOverdue: false })
    expect(factsAfter(at(0), at(6_001)).isLineOverdue).toBe(true)
  })
})

it('the prompt that begins an attempt is no line', () => {
  const prompt = delivery('sent')
  expect(lineOf({ deliveries: [prompt] })).toBeUndefined()
  expect(lineOf({ deliveries: [prompt, line('planned')] })).toEqual(line('planned'))
  expect(promptOf({ deliveries: [prompt, line('planned')] })).toEqual(prompt)
})

it('a line counts from the prompt’s acceptance until it is taken itself', () => {
  const facts = (...states: readonly ('planned' | 'sent' | 'confirmed')[]) =>
    factsAt({ deliveries: [delivery('confirmed'), ...states.map((state) => line(state))] })
  expect(facts('planned').line).toBe('planned')
  expect(facts('confirmed', 'sent').line).toBe('sent')
  expect(facts('confirmed')).toMatchObject({ line: 'none', wasReminded: true })
  const taken = { ...ready, accepted: [`x ${line('sent').line}`] }
  const deliveries = [delivery('confirmed'), line('sent')]
  expect(factsAt({ deliveries, activity: taken }).isLineAccepted).toBe(true)
})

describe('reports', () => {
  const report = { status: 'planning', phase: 1, progress: 5, message: '' } as Report
  const bad = (lookedMs: number, recordedProblem?: string) =>
    look({ report: { kind: 'invalid', problem: 'no JSON' }, lookedMs, recordedProblem })

  it('one of this attempt that is not recorded is new', () => {
    const facts = (content: Report, one = build) =>
      factsAt({ build: one, report: { kind: 'valid', content } }).newReport
    expect(facts(report)).toEqual(report)
    expect(facts({ ...report, attempt: 2 })).toBeUndefined()
    expect(facts(report, { ...build, report: structuredClone(report) })).toBeUndefined()
  })

  it('a bad one is told of after a second look, and once', () => {
    expect(factsAfter(bad(0)).invalidReport).toBeUndefined()
    expect(factsAfter(bad(0), bad(59)).invalidReport).toBeUndefined()
    expect(factsAfter(bad(0), bad(60)).invalidReport).toBe('no JSON')
    expect(factsAfter(bad(0), bad(60, 'no JSON')).invalidReport).toBeUndefined()
    expect(factsAfter(bad(0), bad(60, 'another')).invalidReport).toBe('no JSON')
  })
})

describe('questions', () => {
  const known = question({ key: questionKey(asked) })
  const approving = { ...build, state: 'awaiting_approval' } as const

  it('are new as long as they are not recorded', () => {
    expect(factsAt({ asked: [asked] }).hasNewQuestions).toBe(true)
    expect(factsAt({ asked: [asked], questions: [known] }).hasNewQuestions).toBe(false)
  })

  it('an approval that is waited for without a word is asked for after a while', () => {
    const at = (lookedMs: number, change: Partial<Snapshot> = {}) =>
      look({ build: approving, lookedMs, ...change })
    expect(factsAfter(at(0), at(2_000)).hasNewQuestions).toBe(false)
    expect(factsAfter(at(0), at(2_001)).hasNewQuestions).toBe(true)
    expect(factsAfter(at(0), look({ lookedMs: 1_000 }), at(2_001)).hasNewQuestions).toBe(false)
    const underWay = { deliveries: [delivery('confirmed'), line('sent')] }
    expect(factsAfter(at(0, underWay), at(2_001, underWay)).hasNewQuestions).toBe(false)
  })

  it('are to be settled by the policy, or when nobody answered in time', () => {
    const open = (lookedMs: number, one = build) =>
      look({ build: one, questions: [known], lookedMs })
    expect(factsAfter(open(0), open(60_000)).hasQuestionsToSettle).toBe(false)
    expect(factsAfter(open(0), open(60_001)).hasQuestionsToSettle).toBe(true)
    const byPolicy = withSettings({ questionPolicy: 'default' })
    expect(factsAfter(open(0, byPolicy)).hasQuestionsToSettle).toBe(true)
  })
})
