import { describe, expect, it } from 'vitest'
import { buildStates, isFinal } from '../../../src/domain/build-state.ts'
import { exitCodeOf, type Facts, nextStep } from '../../../src/domain/next-step.ts'
import type { Report } from '../../../src/domain/report.ts'

const report = { status: 'planning', phase: 1, progress: 10, message: '' } as Report
const working: Facts = {
  state: 'implementing',
  isTimeUp: false,
  prompt: 'confirmed',
  isPromptAccepted: true,
  isPromptOverdue: false,
  isAgentAlive: true,
  isAgentReady: true,
  permissionWanted: undefined,
  turnFailure: undefined,
  reportedError: undefined,
  newReport: undefined,
  hasNewQuestions: false,
  openQuestions: 0,
  isAnswerAccepted: false,
  hasUntoldAnswers: false,
}
const step = (change: Partial<Facts>) => nextStep({ ...working, ...change })
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
  ['the sent prompt is accepted', { prompt: 'sent' }, { do: 'record_accepted' }],
  [
    '… and the agent died since',
    { prompt: 'sent', isAgentAlive: false },
    { do: 'record_accepted' },
  ],
  [
    'nothing proves the sent prompt',
    { prompt: 'sent', isPromptAccepted: false },
    { do: 'press_enter' },
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
  ['answers that the agent does not know', { hasUntoldAnswers: true }, { do: 'tell_answers' }],
  [
    'the agent took the answers and has reported since',
    { isAnswerAccepted: true, newReport: report },
    { do: 'tell_answers' },
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
  [
    'login refused',
    { turnFailure: { error: 'authentication_failed', message: 'x' } },
    failure('fail', 'login'),
  ],
  [
    'no credit',
    { turnFailure: { error: 'billing_error', message: '' } },
    failure('fail', 'credit'),
  ],
  [
    'a turn that failed otherwise',
    { turnFailure: { error: 'server_error', message: '' } },
    failure('end_attempt', 'agent_failed'),
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
  ['timeout', 124],
  ['agent_error', 1],
  ['agent_exited', 1],
  ['permission', 1],
  ['internal', 1],
] as const)('a build that failed for %s exits with %i', (reason, code) => {
  expect(exitCodeOf(reason)).toBe(code)
})
