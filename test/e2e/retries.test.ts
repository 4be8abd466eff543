import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  agentStarts,
  countOf,
  type Event,
  journalOf,
  promptsTaken,
  registerArgs,
  waitForEvent,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'

const stall = ['--stall-timeout', '2s']

const reasonsOf = (events: readonly Event[]) =>
  events.filter((event) => event.type === 'retry').map((event) => event.reason)
const promptsOf = (events: readonly Event[]) =>
  events
    .filter((event) => event.type === 'prompt_delivered')
    .map((event) => [event.attempt, event.prompt])
const promptText = (lab: CliLab, events: readonly Event[], type: string) => {
  const event = events.findLast((one) => one.type === 'prompt_delivered' && one.prompt === type)
  return readFileSync(join(lab.folderOf(guid), String(event?.file)), 'utf8')
}

test('an agent that stalls is reminded once, in its conversation; then a new attempt resumes it', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ scenario: 'hang-once' }, ...stall))
  expect(done.code).toBe(0)
  const events = await journalOf(lab)
  expect(promptsOf(events)).toEqual([
    [1, 'autonomous_agent'],
    [1, 'reminder'],
    [2, 'debug_mode'],
  ])
  const stalled = events.filter((event) => event.type === 'agent_stalled')
  expect(stalled).toMatchObject([{ attempt: 1, silent_seconds: expect.any(Number) }])
  expect(Number(stalled[0]?.silent_seconds)).toBeGreaterThanOrEqual(2)
  expect(reasonsOf(events)).toEqual(['stalled'])
  expect(events.filter((event) => event.type === 'agent_started')).toMatchObject([
    { attempt: 1, resumed: false },
    { attempt: 2, resumed: true },
  ])
  expect(promptsTaken(lab)).toHaveLength(3)
  expect(done.stderr).toMatch(/agent silent for \d+ s/)
  expect(promptText(lab, events, 'debug_mode')).toContain(
    'Attempt 1 (stalled): The agent gave no sign of life, also after a reminder',
  )
})

test.runIf(isFull)(
  'an agent that takes no line any more is ended, and the next attempt resumes it',
  async () => {
    const lab = openCliLab()
    const done = await lab.run(
      registerArgs({ scenario: 'freeze' }, ...stall, '--max-attempts', '2'),
    )
    expect(done.code).toBe(1)
    const events = await journalOf(lab)
    expect(events.at(-1)).toMatchObject({ type: 'failed', reason: 'stalled', exit_code: 1 })
    expect(countOf(events, 'agent_stalled')).toBe(2)
    // What it never took is not told as delivered.
    expect(promptsOf(events).filter(([, prompt]) => prompt === 'reminder')).toEqual([])
  },
)

test.runIf(isFull)(
  'an agent that ends its turn without a claim goes on when it is reminded',
  async () => {
    const lab = openCliLab()
    const done = await lab.run(registerArgs({ scenario: 'idle-once' }, ...stall))
    expect(done.code).toBe(0)
    const events = await journalOf(lab)
    expect(promptsOf(events)).toEqual([
      [1, 'autonomous_agent'],
      [1, 'reminder'],
    ])
    expect(countOf(events, 'agent_stalled')).toBe(0)
    expect(agentStarts(lab)).toBe(1)
  },
)

test.runIf(isFull)(
  '… and when it does not, its attempt is over; the living agent gets the next one’s prompt',
  async () => {
    const lab = openCliLab()
    const args = [...stall, '--max-attempts', '2']
    const done = await lab.run(registerArgs({ scenario: 'idle' }, ...args))
    expect(done.code).toBe(1)
    const events = await journalOf(lab)
    expect(promptsOf(events)).toEqual([
      [1, 'autonomous_agent'],
      [1, 'reminder'],
      [2, 'debug_mode'],
      [2, 'reminder'],
    ])
    expect(reasonsOf(events)).toEqual(['no_claim'])
    expect(events.at(-1)).toMatchObject({ type: 'failed', reason: 'no_claim' })
    expect(agentStarts(lab)).toBe(1)
  },
)

test.runIf(isFull)(
  'an agent that asks is not reminded, however long its answer takes',
  async () => {
    const lab = openCliLab()
    const asked = await lab.run(registerArgs({ scenario: 'ask' }, '--stall-timeout', '200ms'))
    expect(asked.code).toBe(3)
    // It is looked at every half second: nothing is said to it in several looks.
    await delay(1_500)
    expect((await lab.run(['answer', guid, 'always dark'])).code).toBe(0)
    expect((await lab.run(['status', guid, '--watch'])).code).toBe(0)
    expect(promptsOf(await journalOf(lab))).toEqual([
      [1, 'autonomous_agent'],
      [1, 'answer'],
    ])
  },
)

test.runIf(isFull)(
  'a screen that moves is a sign of life: an agent that retries against its service is left alone',
  async () => {
    const lab = openCliLab()
    const done = await lab.run(registerArgs({ scenario: 'api-retries' }, ...stall))
    expect(done.code).toBe(0)
    const events = await journalOf(lab)
    expect(promptsOf(events)).toEqual([[1, 'autonomous_agent']])
    expect(countOf(events, 'agent_stalled')).toBe(0)
  },
)

test.runIf(isFull)(
  'the pause between attempts grows, and the events say how long it is',
  async () => {
    const lab = openCliLab()
    const args = ['--max-attempts', '3', '--retry-delay', '1s']
    const done = await lab.run(registerArgs({ scenario: 'die' }, ...args))
    expect(done.code).toBe(1)
    const events = await journalOf(lab)
    const retries = events.filter((event) => event.type === 'retry')
    expect(retries.map((event) => event.pause_seconds)).toEqual([1, 2])
    for (const retry of retries) {
      const next = events.find(
        (event) => event.type === 'agent_started' && event.attempt === retry.next_attempt,
      )
      const waitedMs = Date.parse(String(next?.at)) - Date.parse(String(retry.at))
      // Never sooner; how much later is the machine's business.
      expect(waitedMs).toBeGreaterThanOrEqual(Number(retry.pause_seconds) * 1000)
    }
    expect(done.stderr).toContain('attempt 2 follows in 1 s')
  },
)

test('a build that failed tells of every attempt, where the logs are, and what to do next', async () => {
  const lab = openCliLab()
  const done = await lab.run(
    registerArgs({ scenario: 'lie-about-url' }, '--max-attempts', isFull ? '3' : '2'),
  )
  expect(done.code).toBe(7)
  const events = await journalOf(lab)
  const failed = String(events.find((event) => event.type === 'failed')?.message)
  expect(failed).toMatch(/^The claimed address .* could not be verified/)
  const last = isFull ? 3 : 2
  expect(failed).toContain(`attempt ${last} of ${last}; before it: attempt 1 (verification): The`)
  if (isFull) expect(failed).toContain('; attempt 2 (verification): The claimed address')
  expect(failed).toContain(`Logs: ${join(lab.folderOf(guid), 'logs')}`)
  const lines = done.stderr.trimEnd().split('\n')
  expect(lines.find((line) => line.includes(' failed'))).toContain(failed.slice(0, 80))
  expect(lines.at(-1)).toMatch(
    /tmux-builder events [0-9a-f]+.*tmux-builder logs .*same `tmux-builder register`/,
  )
  // What verification saw is in the next attempt's prompt.
  const prompt = promptText(lab, events, 'debug_mode')
  expect(prompt).toContain('Attempt 1 (verification): The claimed address')
  if (isFull) expect(prompt).toContain('Attempt 2 (verification): The claimed address')
  expect(prompt.split('What verification saw:')).toHaveLength(2)
  expect(prompt).toContain('"url": "http://127.0.0.1:9/"')
})

test.runIf(isFull)(
  'the next prompt has the agent’s own error, the end of its pane and its deployment logs, without secrets',
  async () => {
    const lab = openCliLab()
    const running = lab.start(registerArgs({ scenario: 'die', pace: 400 }, '--max-attempts', '2'))
    await waitForEvent(lab, 'status')
    const folder = join(lab.folderOf(guid), 'workspace/infrastructure/deployment_logs')
    mkdirSync(folder, { recursive: true })
    const secret = `AKIA${'A'.repeat(16)}`
    writeFileSync(
      join(folder, 'apply.log'),
      `\u001b[31mError:\u001b[0m no such bucket, as ${secret}\n`,
    )
    expect((await running.done).code).toBe(1)
    const events = await journalOf(lab)
    const prompt = promptText(lab, events, 'debug_mode')
    expect(prompt).toContain('Attempt 1 (agent_exited): The agent’s program ended')
    expect(prompt).toMatch(/Last lines of the agent’s terminal:\n.*demo agent of tmux-builder/)
    expect(prompt).toContain(
      'End of infrastructure/deployment_logs/apply.log:\nError: no such bucket',
    )
    expect(prompt).not.toContain(secret)
    expect(prompt).toContain('as [redacted]')
    expect(prompt).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f]/)
  },
)
