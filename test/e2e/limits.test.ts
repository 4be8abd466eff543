import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  agentStarts,
  countOf,
  type Event,
  findWindowProcesses,
  journalOf,
  promptsTaken,
  refineArgs,
  registerArgs,
  rowsOf,
  waitForEvent,
} from '../support/builds.ts'
import { guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { conversationsOf } from '../support/sessions.ts'
import { openSilentBuild } from '../support/silent-build.ts'

const reasonsOf = (events: readonly Event[]) =>
  events.filter((event) => event.type === 'retry').map((event) => event.reason)
const promptsOf = (events: readonly Event[]) =>
  events.filter((event) => event.type === 'prompt_delivered').map((event) => event.prompt)

interface Status {
  readonly state: string
  readonly attempt: number
  readonly message: string
  readonly usage: { readonly dollars: number; readonly tokens: number }
  readonly alive: { readonly agent: boolean; readonly supervisor: boolean }
}

test.runIf(isFull)('the pause between attempts is the build’s time', async () => {
  const lab = openCliLab()
  const args = ['--retry-delay', '1h', '--timeout', '8s']
  const done = await lab.run(registerArgs({ scenario: 'die' }, ...args))
  expect(done.code).toBe(124)
  expect(reasonsOf(await journalOf(lab))).toEqual(['agent_exited'])
})

test('--attempt-timeout ends each attempt that takes longer', async () => {
  const lab = openCliLab()
  const args = ['--attempt-timeout', '1500ms', '--max-attempts', '2']
  const done = await lab.run(registerArgs({ scenario: 'hang' }, ...args))
  expect(done.code).toBe(1)
  const events = await journalOf(lab)
  expect(reasonsOf(events)).toEqual(['attempt_timeout'])
  expect(events.at(-1)).toMatchObject({ type: 'failed', reason: 'attempt_timeout', attempt: 2 })
})

test('--budget-usd ends a build that spends more, by the agent’s own accounting: 8', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ scenario: 'spend', pace: 600 }, '--budget-usd', '2'))
  expect(done.code).toBe(8)
  const events = await journalOf(lab)
  expect(events.at(-1)).toMatchObject({ type: 'failed', reason: 'budget', exit_code: 8 })
  expect(reasonsOf(events)).toEqual([])
  expect(done.stderr).toContain('--budget-usd')
  const status = await lab.json<Status>(['status', guid])
  expect(status.usage.dollars).toBeGreaterThanOrEqual(2)
  expect(findWindowProcesses(lab, 'agent', '')).toEqual([])
})

test.runIf(isFull)(
  'what a build spent is its own, also in a conversation that goes on',
  async () => {
    const lab = openCliLab()
    // Enough for each, not for both; the last report claims what is paid for already.
    const budget = ['--budget-usd', '20']
    expect((await lab.run(registerArgs({ scenario: 'spend' }, ...budget))).code).toBe(0)
    const first = (await lab.json<Status>(['status', guid])).usage
    expect(first.dollars).toBeGreaterThan(1)
    expect(first.tokens).toBeGreaterThan(0)
    expect((await lab.run(refineArgs('Make the header green', ...budget))).code).toBe(0)
    const second = (await lab.json<Status>(['status', guid])).usage
    expect(second.dollars).toBeGreaterThan(1)
    expect(second.dollars).toBeLessThanOrEqual(first.dollars + 1)
  },
)

test('a usage limit with a known end is waited for, told of, and does not cost an attempt', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ scenario: 'quota-once' }, '--max-attempts', '1'))
  expect(done.code).toBe(0)
  const events = await journalOf(lab)
  expect(reasonsOf(events)).toEqual([])
  expect(promptsOf(events)).toEqual(['autonomous_agent', 'limit'])
  const [reached] = events.filter((event) => event.type === 'limit_reached')
  expect(String(reached?.message)).toContain('It resets in 2 seconds')
  // Not a moment before the limit is lifted.
  const back = events.filter((event) => event.type === 'agent_started')[1]
  expect(Date.parse(String(back?.at))).toBeGreaterThanOrEqual(Date.parse(String(reached?.until)))
  expect(back).toMatchObject({ attempt: 1, resumed: true })
  expect(done.stderr).toMatch(/usage limit is reached.*continuing at 20\d\d-/)
  expect(promptsTaken(lab)).toHaveLength(2)
})

test('while it waits the state stays what it was, and stop ends it', async () => {
  const lab = openCliLab()
  const running = lab.start(registerArgs({ scenario: 'quota' }, '--timeout', '8h'))
  await waitForEvent(lab, 'limit_reached')
  const waited = await lab.run(['status', guid, '--watch', '--timeout', '1s'])
  expect(waited.code).toBe(124)
  const status = await lab.json<Status>(['status', guid])
  expect(status).toMatchObject({
    state: 'initializing',
    attempt: 1,
    alive: { agent: false, supervisor: true },
  })
  expect(status.message).toMatch(/Waiting until 20\d\d-.*usage limit/)
  expect((await lab.run(['stop', guid])).code).toBe(0)
  expect((await running.done).code).toBe(1)
  expect(promptsOf(await journalOf(lab))).toEqual(['autonomous_agent'])
})

test.runIf(isFull)('a supervisor that is killed while it waits waits on', async () => {
  const lab = openCliLab()
  const running = lab.start(registerArgs({ scenario: 'quota-once' }, '--max-attempts', '1'))
  await waitForEvent(lab, 'limit_reached')
  const [pid = 0] = findWindowProcesses(lab, 'supervisor', 'supervise')
  process.kill(pid, 'SIGKILL')
  expect((await running.done).code).toBe(0)
  const events = await journalOf(lab)
  expect(countOf(events, 'limit_reached')).toBe(1)
  expect(promptsOf(events)).toEqual(['autonomous_agent', 'limit'])
  expect(agentStarts(lab)).toBe(2)
})

const refusals: [string, string, RegExp, string[]][] = [
  ['quota', 'limit', /rest of --timeout/, ['--timeout', '1h']],
  ['quota', 'limit', /--wait-for-limit/, ['--wait-for-limit', '1h']],
  ['credit', 'credit', /Add some/, []],
  ['login', 'login', /Log its program in/, []],
]

test.each(isFull ? refusals : refusals.slice(0, 2))(
  'scenario %s ends with exit 8 at once, with its cure',
  async (scenario, reason, cure, args) => {
    const lab = openCliLab()
    const done = await lab.run(registerArgs({ scenario }, ...args))
    expect(done.code).toBe(8)
    const events = await journalOf(lab)
    expect(events.at(-1)).toMatchObject({ type: 'failed', reason, exit_code: 8 })
    expect(String(events.at(-1)?.message)).toMatch(cure)
    expect(reasonsOf(events)).toEqual([])
  },
)

test('a turn that failed before a prompt is not its failure, where only the transcript tells that it was taken', async () => {
  const lab = openCliLab()
  const agent = await openSilentBuild(lab)
  const failure = { hook_event_name: 'StopFailure', error: 'server_error' }
  appendFileSync(join(lab.folderOf(guid), 'agent/hooks.jsonl'), `${JSON.stringify(failure)}\n`)
  const last = () => rowsOf(lab, 'SELECT id, line, state FROM deliveries ORDER BY rowid DESC')[0]
  await waitForEvent(lab, 'retry')
  const second = await waitFor('the second prompt', () => {
    const delivery = last()
    return delivery?.state === 'sent' && String(delivery.line).includes('debug') && delivery
  })
  const [transcript = ''] = conversationsOf(lab).keys()
  const taken = JSON.stringify({ type: 'user', text: second.line })
  appendFileSync(join(lab.folderOf(guid), 'agent', transcript), `${taken}\n`)
  await agent.report({})
  const events = await journalOf(lab)
  const prompts = events.filter(({ type }) => type === 'prompt_delivered')
  expect(prompts.map((event) => event.confirmed_by)).toEqual(['UserPromptSubmit', 'transcript'])
  expect(reasonsOf(events)).toEqual(['overload'])
})

test('an overloaded service is told apart, and its living agent is asked again', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ scenario: 'overload-once' }))
  expect(done.code).toBe(0)
  expect(reasonsOf(await journalOf(lab))).toEqual(['overload'])
  expect(agentStarts(lab)).toBe(1)
  if (!isFull) return
  const never = openCliLab()
  const failed = await never.run(registerArgs({ scenario: 'overload' }, '--max-attempts', '2'))
  expect(failed.code).toBe(8)
  expect((await journalOf(never)).at(-1)).toMatchObject({ reason: 'overload', exit_code: 8 })
})
