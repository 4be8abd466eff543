import { expect, test } from 'vitest'
import {
  buildsOf,
  countOf,
  type Event,
  expectGapless,
  fetchPage,
  findWindowProcesses,
  journalOf,
  promptsTaken,
  refineArgs,
  registerArgs,
  urlPattern,
} from '../support/builds.ts'
import { guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'

/** What a build of a scenario comes to: exit code, state, reason, and the reasons of its attempts. */
interface Ending {
  readonly code: number
  readonly state: string
  readonly reason?: string | null
  readonly retries?: readonly string[]
  readonly more?: readonly string[]
}

const endings: Record<string, Ending> = {
  ok: { code: 0, state: 'deployed' },
  'garbage-status': { code: 0, state: 'deployed' },
  'trust-dialog': { code: 0, state: 'deployed' },
  'leave-children': { code: 0, state: 'deployed' },
  'die-once': { code: 0, state: 'deployed', retries: ['agent_exited'] },
  die: { code: 1, state: 'failed', reason: 'agent_exited', more: ['--max-attempts', '1'] },
  hang: { code: 124, state: 'failed', reason: 'timeout', more: ['--timeout', '6s'] },
  'ask-cost': { code: 3, state: 'awaiting_approval' },
  'lie-about-url': {
    code: 7,
    state: 'failed',
    reason: 'verification',
    retries: ['verification', 'verification'],
  },
  login: { code: 8, state: 'failed', reason: 'login' },
  // Other tests come by these too.
  slow: { code: 0, state: 'deployed' },
  'swallow-enter': { code: 0, state: 'deployed' },
  'error-once': { code: 0, state: 'deployed', retries: ['agent_error'] },
  ask: { code: 3, state: 'awaiting_approval' },
  permission: {
    code: 1,
    state: 'failed',
    reason: 'permission',
    retries: ['permission'],
    more: ['--max-attempts', '2'],
  },
}

test.each(few(10, Object.entries(endings)))('scenario %s', async (scenario, ending) => {
  const { code, state, reason = null, retries = [], more = [] } = ending
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ scenario }, ...more))
  expect(done.code).toBe(code)
  expect(buildsOf(lab)).toMatchObject([{ build: 1, state, reason }])
  const events = await journalOf(lab)
  expectGapless(events)
  expect(events.filter((event) => event.type === 'retry').map((event) => event.reason)).toEqual(
    retries,
  )
  expect(countOf(events, 'prompt_delivered')).toBe(retries.length + 1)
  // Each prompt once, whatever happened.
  const taken = promptsTaken(lab)
  expect(new Set(taken).size).toBe(taken.length)
  if (code === 0) {
    expect(done.stdout).toMatch(urlPattern)
    expect((await fetchPage(done.stdout.trim())).status).toBe(200)
  } else expect(done.stdout).toBe('')
  if (state === 'failed') {
    expect(done.stderr).toContain(`failed (${reason})`)
    expect(findWindowProcesses(lab, 'agent', '')).toEqual([])
    expect(findWindowProcesses(lab, 'preview', '')).toEqual([])
  }
})

test('every attempt has a prompt of its own, the later ones with what went wrong', async () => {
  const lab = openCliLab()
  await lab.run(registerArgs({ scenario: 'error-once' }))
  const delivered = (await journalOf(lab)).filter((event) => event.type === 'prompt_delivered')
  expect(delivered.map((event) => [event.attempt, event.prompt])).toEqual([
    [1, 'autonomous_agent'],
    [2, 'debug_mode'],
  ])
})

test.runIf(isFull)(
  'what stays invalid in status.json is told once, and never hides the last good report',
  async () => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ scenario: 'garbage-status', pace: 150 }))).code).toBe(0)
    const events = (await journalOf(lab)).filter(({ type }) => /^status/.test(type))
    const problems = events.filter((event) => event.type === 'status_invalid')
    expect(problems.length).toBeGreaterThan(2)
    const isRepeated = (event: Event, index: number) =>
      event.type === 'status_invalid' && events[index - 1]?.problem === event.problem
    expect(events.filter(isRepeated)).toEqual([])
    for (const { problem } of problems) expect(String(problem).length).toBeLessThan(200)
  },
)

test('a refinement is pasted into the living conversation; Enter is repeated, the text is not', async () => {
  const lab = openCliLab()
  const built = await lab.run(registerArgs({ scenario: 'swallow-enter' }))
  expect(built.code).toBe(0)
  const refined = await lab.run(refineArgs('Make the header green'))
  expect(refined).toMatchObject({ code: 0, stdout: built.stdout })
  const events = await journalOf(lab)
  expect(countOf(events, 'agent_started')).toBe(1)
  expect(countOf(events, 'prompt_delivered')).toBe(2)
  expect(promptsTaken(lab)).toHaveLength(2)
  const page = (await fetchPage(refined.stdout.trim())).text
  expect(page).toContain('Build a todo app')
})

test('all processes of a session end with stop, wherever they went', async () => {
  const lab = openCliLab()
  await lab.run(registerArgs({ scenario: 'leave-children' }))
  expect(findWindowProcesses(lab, 'agent', 'sleep').length).toBeGreaterThanOrEqual(2)
  expect((await lab.run(['stop', guid])).code).toBe(0)
  await waitFor('nothing left', () =>
    (['agent', 'supervisor', 'preview'] as const).every(
      (window) => findWindowProcesses(lab, window, '').length === 0,
    ),
  )
})
