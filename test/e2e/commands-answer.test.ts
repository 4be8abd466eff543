import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  countOf,
  expectGapless,
  journalOf,
  promptsTaken,
  refineArgs,
  registerArgs,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'

interface Questions {
  readonly questions: { id: string; question: string }[]
}
interface Answers {
  readonly answers: { id: string; answer: string; decision: string; by: string }[]
}

const inWorkspace = (lab: CliLab, name: string) => join(lab.folderOf(guid), 'workspace', name)
const openOf = async (lab: CliLab) => (await lab.json<Questions>(['status', guid])).questions
const answersOf = (lab: CliLab): Answers['answers'] =>
  existsSync(inWorkspace(lab, 'answers.json'))
    ? (JSON.parse(readFileSync(inWorkspace(lab, 'answers.json'), 'utf8')) as Answers).answers
    : []
const answer = (lab: CliLab, ...args: string[]) => lab.run(['answer', guid, ...args])
const linesToldTo = (lab: CliLab) =>
  promptsTaken(lab).filter((text) => text.includes('answers.json'))

/** A build whose agent is silent: what it asks is written here. */
async function openAsking(lab: CliLab) {
  await lab.run(registerArgs({ scenario: 'hang' }, '--detach'))
  await waitForState(lab, 'implementing')
  return (...questions: { id: string; question: string }[]) =>
    writeFileSync(inWorkspace(lab, 'clarifications.json'), JSON.stringify({ questions }))
}

it('the answer to the one open question reaches the agent once, as a file and a line', async () => {
  const lab = openCliLab()
  const asked = await lab.run(registerArgs({ scenario: 'ask' }))
  expect(asked).toMatchObject({ code: 3, stdout: '' })
  expect(await openOf(lab)).toMatchObject([
    { id: 'q1', reason: 'tradeoff', options: ['always dark', 'follow the system'] },
  ])
  const done = await answer(lab, 'always dark; "quoted" $(id)')
  expect(done).toMatchObject({ code: 0, stdout: 'answered q1\n' })
  const watched = await lab.run(['status', guid, '--watch'])
  expect(watched).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  expect(answersOf(lab)).toEqual([
    {
      id: 'q1',
      answer: 'always dark; "quoted" $(id)',
      decision: 'answer',
      by: 'user',
      answered_at: expect.stringMatching(/Z$/),
    },
  ])
  expect(linesToldTo(lab)).toHaveLength(1)
  const events = await journalOf(lab)
  expect([countOf(events, 'question'), countOf(events, 'answer')]).toEqual([1, 1])
  expectGapless(events)
  const plan = readFileSync(inWorkspace(lab, join('code', 'app.json')), 'utf8')
  expect(plan).toContain('always dark')
  expect((await answer(lab, 'too late')).code).toBe(2)

  // Another build that asks the same in the same words gets no old answer.
  const refined = await lab.run(refineArgs('Make it red'))
  expect(refined.code).toBe(3)
  expect(answersOf(lab)).toEqual([])
  expect(await openOf(lab)).toHaveLength(1)
  await lab.run(['stop', guid])
})

it('a question of cost tells the amount', async () => {
  const lab = openCliLab()
  expect((await lab.run(registerArgs({ scenario: 'ask-cost' }, '--max-attempts', '1'))).code).toBe(
    3,
  )
  expect(await openOf(lab)).toMatchObject([
    { reason: 'cost_threshold', cost_estimate_monthly: 140 },
  ])
  expect((await lab.run(['status', guid])).stderr).toContain('tmux-builder approve')
  await lab.run(['stop', guid])
})

it.runIf(isFull)(
  'several open: one is named, or exit 2; wrong ids and empty answers are refused',
  async () => {
    const lab = openCliLab()
    const ask = await openAsking(lab)
    expect(await answer(lab, 'x')).toMatchObject({ code: 2, stdout: '' })
    ask({ id: 'q1', question: 'Colour?' }, { id: 'q2', question: 'Shape?' })
    await waitForEvent(lab, 'question', guid, 2)
    await waitForState(lab, 'awaiting_approval')

    const unnamed = await answer(lab, 'red')
    expect(unnamed).toMatchObject({ code: 2, stdout: '' })
    expect(unnamed.stderr).toMatch(/q1, q2/)
    expect((await answer(lab, 'red', '--question', 'q3')).code).toBe(2)
    expect((await answer(lab, ' ', '--question', 'q1')).code).toBe(2)
    expect(await openOf(lab)).toHaveLength(2)

    expect((await answer(lab, 'red', '--question', 'q1')).code).toBe(0)
    expect((await answer(lab, 'blue', '--question', 'q1')).code).toBe(2)
    // Nothing is told before all are answered.
    expect(linesToldTo(lab)).toEqual([])
    expect(await lab.json(['answer', guid, 'round'])).toEqual({ question: 'q2' })
    await waitForState(lab, 'implementing')
    expect(answersOf(lab)).toMatchObject([
      { id: 'q1', answer: 'red' },
      { id: 'q2', answer: 'round' },
    ])
    expect(linesToldTo(lab)).toHaveLength(1)
    await lab.run(['stop', guid])
    expect((await answer(lab, 'x')).code).toBe(2)
  },
)

it.runIf(isFull)('an id that is used again with another text gets no old answer', async () => {
  const lab = openCliLab()
  const ask = await openAsking(lab)
  ask({ id: 'q1', question: 'Colour?' })
  await waitForState(lab, 'awaiting_approval')
  await answer(lab, 'red')
  await waitForState(lab, 'implementing')
  expect(answersOf(lab)).toMatchObject([{ id: 'q1', answer: 'red' }])

  // The same again is no new question.
  ask({ id: 'q1', question: 'Colour?' })
  ask({ id: 'q1', question: 'Shape?' })
  await waitForEvent(lab, 'question', guid, 2)
  expect(await openOf(lab)).toMatchObject([{ id: 'q1', question: 'Shape?' }])
  expect(answersOf(lab)).toEqual([])
  await answer(lab, 'round')
  await waitFor('the new answer', () => answersOf(lab).length > 0)
  await waitForState(lab, 'implementing')
  expect(answersOf(lab)).toMatchObject([{ id: 'q1', answer: 'round' }])
  expect(answersOf(lab)).toHaveLength(1)
  expect(linesToldTo(lab)).toHaveLength(2)
  const events = await journalOf(lab)
  expect([countOf(events, 'question'), countOf(events, 'answer')]).toEqual([2, 2])
  await lab.run(['stop', guid])
})
