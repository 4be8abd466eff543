import { describe, expect, it } from 'vitest'
import type { FailureKind } from '../../../src/agents/activity.ts'
import { type Facts, nextStep } from '../../../src/builds/next-step.ts'
import { exitCodeOfFailure } from '../../../src/cli/exit-codes.ts'
import { buildStates, isFinal } from '../../../src/domain/build-state.ts'
import type { Report } from '../../../src/domain/report.ts'

const report = { status: 'planning', phase: 1, progress: 10, message: '' } as Report
const working: Facts = {
  state: 'implementing',
  isTimeUp: false,
  isAttemptTimeUp: false,
  isBudgetSpent: false,
  isPausing: false,
  prompt: 'confirmed',
  isPromptAccepted: true,
  isPromptOverdue: false,
  isAgentAlive: true,
  isAgentReady: true,
  permissionWanted: undefined,
  turnFailure: undefined,
  reportedError: undefined,
  silence: undefined,
  line: 'none',
  isLineAccepted: false,
  isLineOverdue: false,
  wasReminded: false,
  isAgentLost: false,
  isLimitOver: false,
  newReport: undefined,
  invalidReport: undefined,
  hasNewQuestions: false,
  openQuestions: 0,
  hasQuestionsToSettle: false,
  hasOpenGate: false,
  forbiddenQuestion: undefined,
  refusal: undefined,
  hasUntoldAnswers: false,
}
const step = (change: Partial<Facts>) => nextStep({ ...working, ...change })
const turnFailure = (kind: FailureKind, resetsAt?: string, isWorthWaiting = false) => ({
  turnFailure: { kind, name: 'its_word', message: 'It said so.', resetsAt, isWorthWaiting },
})
const soon = '2026-01-01T00:00:00.000Z'
const failure = (kind: 'end_attempt' | 'fail', reason: string) => ({
  do: kind,
  failure: { reason, message: expect.stringMatching(/\S/) },
})

it.each([
  ['nothing happened', {}, { do: 'wait' }],
  ['pending', { state: 'pending', prompt: 'none' }, { do: 'begin_attempt' }],
  ['retrying', { state: 'retrying' }, { do: 'begin_attempt' }],
  [
    'the prompt is planned',
    { state: 'initializing', prompt: 'planned', isPromptAccepted: false },
    { do: 'deliver' },
  ],
  [
    '… and nobody is alive',
    { state: 'initializing', prompt: 'planned', isPromptAccepted: false, isAgentAlive: false },
    { do: 'deliver' },
  ],
  ['the sent prompt is accepted', { prompt: 'sent' }, { do: 'prove_accepted' }],
  ['… and the agent died since', { prompt: 'sent', isAgentAlive: false }, { do: 'prove_accepted' }],
  [
    'nothing proves the sent prompt',
    { prompt: 'sent', isPromptAccepted: false },
    { do: 'prove_accepted' },
  ],
  [
    'an error report is recorded, and its attempt not ended',
    { reportedError: 'boom', newReport: report },
    failure('end_attempt', 'agent_error'),
  ],
  ['a new report', { newReport: report }, { do: 'record_report', report }],
  [
    'a report from one who died',
    { newReport: report, isAgentAlive: false },
    { do: 'record_report', report },
  ],
  [
    'a report beside a permission',
    { newReport: report, permissionWanted: 'Bash' },
    { do: 'record_report', report },
  ],
  ['verifying', { state: 'verifying' }, { do: 'verify' }],
  ['verifying, the agent gone', { state: 'verifying', isAgentAlive: false }, { do: 'verify' }],
  ['new questions', { hasNewQuestions: true }, { do: 'record_questions' }],
  ['answers that the agent does not know', { hasUntoldAnswers: true }, { do: 'plan_answers' }],
  [
    '… and the agent has died since it asked: the answer calls it back',
    { hasUntoldAnswers: true, isAgentAlive: false },
    { do: 'plan_answers' },
  ],
  [
    '… while another line is under way',
    { hasUntoldAnswers: true, line: 'sent' },
    { do: 'tell_line' },
  ],
  [
    'the agent took the line and has reported since',
    { line: 'sent', isLineAccepted: true, newReport: report },
    { do: 'tell_line' },
  ],
  ['a planned line', { line: 'planned' }, { do: 'tell_line' }],
  [
    'a planned line and nobody alive',
    { line: 'planned', isAgentAlive: false },
    { do: 'tell_line' },
  ],
  ['a line that nothing proves', { line: 'sent' }, { do: 'tell_line' }],
  [
    'a line that was never taken',
    { line: 'sent', isLineOverdue: true },
    failure('end_attempt', 'stalled'),
  ],
  [
    'an open question that the policy settles',
    { openQuestions: 1, hasQuestionsToSettle: true },
    { do: 'settle_questions' },
  ],
  [
    'a question where asking is forbidden',
    { openQuestions: 1, forbiddenQuestion: 'Which?' },
    failure('fail', 'question'),
  ],
  [
    'a question beside a report: what an agent asks is known before what it claims',
    { hasNewQuestions: true, newReport: report },
    { do: 'record_questions' },
  ],
  [
    'a question beside a claim',
    { state: 'verifying', hasNewQuestions: true },
    { do: 'record_questions' },
  ],
  ...(
    [
      ['an error', { reportedError: 'boom' }],
      ['a claim', { state: 'verifying' }],
      ['a permission', { permissionWanted: 'Bash' }],
      ['a failed turn', { ...turnFailure('other') }],
      ['the attempt’s time', { isAttemptTimeUp: true }],
      ['death', { isAgentAlive: false }],
      ['a line under way', { line: 'planned' }],
    ] as [string, Partial<Facts>][]
  ).map(([name, change]): [string, Partial<Facts>, object] => [
    `an open gate and ${name}`,
    { ...change, hasOpenGate: true, openQuestions: 1 },
    { do: 'wait' },
  ]),
  [
    'an open gate and a new report',
    { hasOpenGate: true, openQuestions: 1, newReport: report },
    { do: 'record_report', report },
  ],
  ['an open question and nobody alive', { openQuestions: 1, isAgentAlive: false }, { do: 'wait' }],
  ['a refused approval', { refusal: 'No.', newReport: report }, failure('fail', 'rejected')],
  ['a turn without a claim', { silence: 'idle' }, { do: 'plan_reminder', silence: 'idle' }],
  ['… again', { silence: 'idle', wasReminded: true }, failure('end_attempt', 'no_claim')],
  ['no sign of life', { silence: 'stalled' }, { do: 'plan_reminder', silence: 'stalled' }],
  ['… again', { silence: 'stalled', wasReminded: true }, failure('end_attempt', 'stalled')],
  [
    'no sign of life behind an open question',
    { silence: 'stalled', openQuestions: 1 },
    { do: 'wait' },
  ],
  ['a pause', { isPausing: true, state: 'retrying' }, { do: 'wait' }],
  ['a pause and the time is up', { isPausing: true, isTimeUp: true }, failure('fail', 'timeout')],
  [
    'the attempt’s time is up',
    { isAttemptTimeUp: true },
    failure('end_attempt', 'attempt_timeout'),
  ],
  [
    '… with a claim in the last moment',
    { isAttemptTimeUp: true, newReport: report },
    { do: 'record_report', report },
  ],
  ['the budget is used up', { isBudgetSpent: true, newReport: report }, failure('fail', 'budget')],
  [
    '… by what claims to be done',
    { isBudgetSpent: true, newReport: { ...report, status: 'deployed' } },
    { do: 'record_report', report: { ...report, status: 'deployed' } },
  ],
  ['… and is looked at', { isBudgetSpent: true, state: 'verifying' }, { do: 'verify' }],
  [
    '… and was not true',
    { isBudgetSpent: true, state: 'retrying', prompt: 'none' },
    failure('fail', 'budget'),
  ],
  [
    'the agent was lost with its tmux session',
    { isAgentAlive: false, isAgentLost: true },
    { do: 'plan_call_back' },
  ],
  [
    '… before it took its prompt',
    { isAgentAlive: false, isAgentLost: true, prompt: 'sent', isPromptAccepted: false },
    { do: 'send_again' },
  ],
  [
    'a usage limit that is lifted soon',
    turnFailure('limit', soon, true),
    { do: 'wait_for_limit', until: soon, message: expect.stringContaining('It said so') },
  ],
  [
    '… later than is waited for',
    turnFailure('limit', soon),
    {
      do: 'fail',
      failure: { reason: 'limit', message: expect.stringMatching(/2026-01-01.*--wait-for-limit/) },
    },
  ],
  ['a usage limit without a known end', turnFailure('limit'), failure('end_attempt', 'limit')],
  [
    'the usage limit is lifted',
    { isLimitOver: true, isAgentAlive: false, ...turnFailure('limit') },
    { do: 'plan_call_back' },
  ],
  [
    '… while another question is open',
    { hasUntoldAnswers: true, openQuestions: 1 },
    { do: 'wait' },
  ],
  ['an open question', { state: 'awaiting_approval', openQuestions: 1 }, { do: 'wait' }],
  ['a permission', { permissionWanted: 'Bash' }, failure('end_attempt', 'permission')],
  ['death at work', { isAgentAlive: false }, failure('end_attempt', 'agent_exited')],
  [
    'death before it was ready',
    { prompt: 'sent', isPromptAccepted: false, isAgentAlive: false, isAgentReady: false },
    failure('end_attempt', 'agent_start'),
  ],
  [
    'death of one that was called back, before it was ready',
    { line: 'sent', isAgentAlive: false, isAgentReady: false },
    failure('end_attempt', 'agent_start'),
  ],
  [
    'death before the prompt was taken',
    { prompt: 'sent', isPromptAccepted: false, isAgentAlive: false },
    failure('end_attempt', 'agent_exited'),
  ],
  [
    'never accepted',
    { prompt: 'sent', isPromptAccepted: false, isPromptOverdue: true },
    failure('end_attempt', 'prompt_not_accepted'),
  ],
  [
    'never ready',
    { prompt: 'sent', isPromptAccepted: false, isPromptOverdue: true, isAgentReady: false },
    failure('end_attempt', 'agent_start'),
  ],
  ['login refused', turnFailure('login'), failure('fail', 'login')],
  ['no credit', turnFailure('credit'), failure('fail', 'credit')],
  [
    'a turn that failed otherwise',
    turnFailure('other'),
    {
      do: 'end_attempt',
      failure: { reason: 'agent_failed', message: expect.stringContaining('its_word') },
    },
  ],
  [
    'an API that is overloaded or out of reach',
    turnFailure('overload'),
    failure('end_attempt', 'overload'),
  ],
  [
    'a failed turn while a line is on its way',
    { ...turnFailure('overload'), line: 'sent' },
    { do: 'tell_line' },
  ],
  [
    'a status.json that stays bad, whatever else happens',
    { invalidReport: 'no JSON', isAgentAlive: false, isPausing: true },
    { do: 'record_invalid_report', problem: 'no JSON' },
  ],
  ['time is up', { isTimeUp: true, newReport: report }, failure('fail', 'timeout')],
  [
    'time is up before the first attempt',
    { state: 'pending', isTimeUp: true },
    failure('fail', 'timeout'),
  ],
] as [string, Partial<Facts>, object][])('%s', (_name, change, expected) => {
  expect(step(change)).toEqual(expected)
})

describe('a build that has ended', () => {
  it.each(buildStates.filter(isFinal))('%s: whatever else is seen, leave', (state) => {
    expect(
      step({ state, isTimeUp: true, newReport: report, isAgentAlive: false, prompt: 'planned' }),
    ).toEqual({ do: 'leave' })
  })
})

it.each([
  ['verification', 7],
  ['login', 8],
  ['credit', 8],
  ['limit', 8],
  ['overload', 8],
  ['budget', 8],
  ['timeout', 124],
  ['attempt_timeout', 1],
  ['rejected', 1],
  ['question', 1],
  ['stalled', 1],
  ['no_claim', 1],
  ['agent_error', 1],
  ['agent_exited', 1],
  ['permission', 1],
  ['internal', 1],
] as const)('a build that failed for %s exits with %i', (reason, code) => {
  expect(exitCodeOfFailure(reason)).toBe(code)
})
