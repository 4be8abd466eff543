import { noActivity } from '../../../src/agents/activity.ts'
import type { Snapshot } from '../../../src/builds/observe.ts'
import type { AskedQuestion } from '../../../src/domain/question.ts'
import type { Build } from '../../../src/store/builds.ts'
import type { Delivery } from '../../../src/store/deliveries.ts'
import type { Question } from '../../../src/store/questions.ts'

export const noon = Date.UTC(2026, 0, 1, 12)

export const settings = {
  timeoutMs: 3_600_000,
  attemptTimeoutMs: null,
  stallTimeoutMs: 900_000,
  budgetDollars: null,
  limitWaitMs: 7_200_000,
  questionPolicy: 'wait',
  approvalTimeoutMs: 60_000,
} as Build['settings']

export const build = {
  guid: 'abcd',
  build: 1,
  attempt: 1,
  state: 'implementing',
  settings,
  clockMs: 0,
  attemptClockMs: 0,
  dollars: 0,
  message: '',
} as Build

export const delivery = (state: Delivery['state'], change: Partial<Delivery> = {}): Delivery => ({
  id: 'abcd-1-1-1',
  guid: 'abcd',
  build: 1,
  attempt: 1,
  prompt: 'autonomous_agent',
  file: 'prompts/001.md',
  sha256: '',
  bytes: 1,
  line: '[abcd-1-1-1] Read the file',
  state,
  ...change,
})

export const line = (state: Delivery['state'], change: Partial<Delivery> = {}): Delivery =>
  delivery(state, {
    id: 'abcd-1-1-l1',
    prompt: 'reminder',
    file: undefined,
    line: '[abcd-1-1-l1] Go on',
    ...change,
  })

export const asked: AskedQuestion = {
  id: 'q1',
  question: 'Which colour?',
  reason: 'tradeoff',
  options: [],
  default: 'red',
  cost_estimate_monthly: undefined,
}

export const question = (change: Partial<Question> = {}): Question => ({
  ...asked,
  key: 'q1#0',
  attempt: 1,
  askedAt: new Date(noon).toISOString(),
  answer: undefined,
  delivery: undefined,
  ...change,
})

/** A look at an agent that took its prompt and works. */
export const look = (change: Partial<Snapshot> = {}): Snapshot => ({
  build,
  asked: [],
  questions: [],
  now: noon,
  lookedMs: 0,
  agent: 'alive',
  startTimeoutMs: 30_000,
  activity: { ...noActivity, isReady: true, isBusy: true },
  deliveries: [delivery('confirmed')],
  report: { kind: 'absent' },
  recordedProblem: undefined,
  signs: { work: 'w', pane: 'p' },
  ...change,
})

/** Throws where anything is written to it, however deep. */
export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const part of Object.values(value)) deepFreeze(part)
  }
  return value
}
