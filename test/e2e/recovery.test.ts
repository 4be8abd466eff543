import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readProcessId, readProcessStat } from '../../src/session/processes.ts'
import { sessionName } from '../../src/tmux/windows.ts'
import {
  countOf,
  expectGapless,
  fetchPage,
  journalOf,
  killNow,
  promptsTaken,
  refineArgs,
  registerArgs,
  rowsOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'
import { findLeftovers } from '../support/leftovers.ts'
import { killServer, reboot } from '../support/losses.ts'
import {
  changeRecords,
  conversationsOf,
  deployFirst,
  hasEnded,
  journalOfBuild,
  pidOf,
  sessionOf,
} from '../support/sessions.ts'
import { openSilentBuild } from '../support/silent-build.ts'

const short = guid.slice(0, 12)
const noProcess = { agent: false, supervisor: false, preview: false }

interface View {
  readonly state: string
  readonly attempt: number
  readonly alive: Record<string, boolean>
  readonly questions: readonly object[]
}
const viewOf = (lab: CliLab) => lab.json<View>(['status', guid])

/** Nothing runs, the reads say so and start nothing. */
async function expectAbandoned(lab: CliLab, state: string) {
  expect(await viewOf(lab)).toMatchObject({ state, alive: noProcess })
  const told = await lab.run(['status', guid])
  expect(told.stdout).toContain(`${state} (no supervisor)`)
  expect(told.stderr).toContain(`tmux-builder resume ${short}`)
  expect((await lab.run(['list'])).stdout).toMatch(/ {2}\(no supervisor\)\n$/)
  for (const read of ['events', 'logs']) await lab.run([read, guid])
  expect(findLeftovers(lab.root)).toEqual([])
}

async function resume(lab: CliLab) {
  const done = await lab.run(['resume', guid])
  expect(done).toMatchObject({ code: 0, stdout: `${guid} build 1 continues\n` })
}

/** The build is deployed in this attempt of its one conversation, and each line of ours was taken once. */
async function expectDeployed(lab: CliLab, expected: { attempt: number; lines: string[] }) {
  const done = await lab.run(['status', guid, '--watch'])
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  expect((await fetchPage(done.stdout.trim())).status).toBe(200)
  const events = await journalOf(lab)
  expectGapless(events)
  expect(events.at(-1)).toMatchObject({ type: 'deployed', attempt: expected.attempt })
  expect(countOf(events, 'retry')).toBe(expected.attempt - 1)
  const delivered = events.filter((event) => event.type === 'prompt_delivered')
  expect(delivered.map((event) => event.prompt)).toEqual(expected.lines)
  expect(conversationsOf(lab).size).toBe(1)
  const taken = promptsTaken(lab)
  expect(taken).toHaveLength(expected.lines.length)
  expect(new Set(taken).size).toBe(taken.length)
}

describe('after a reboot', () => {
  it('a build at work goes on: same attempt, same conversation, a line that calls it back', async () => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ pace: 120 }, '--detach'))).code).toBe(0)
    await waitForState(lab, 'implementing')
    reboot(lab, 'left')
    await expectAbandoned(lab, 'implementing')
    await resume(lab)
    await expectDeployed(lab, { attempt: 1, lines: ['autonomous_agent', 'lost'] })
    const events = await journalOf(lab)
    const own = events.filter((event) => /^(resumed|session_)/.test(event.type))
    expect(own.map(({ type, reason }) => [type, reason])).toEqual([
      ['session_created', undefined],
      ['resumed', undefined],
      ['session_ended', 'gone'],
      ['session_created', 'gone'],
    ])
    const started = events.filter((event) => event.type === 'agent_started')
    expect(started.map((event) => event.resumed)).toEqual([false, true])
    expect(started[1]?.conversation).toBe(started[0]?.conversation)
  })

  it.runIf(isFull)(
    'what is live is served again while its refinement goes on, at the same address',
    async () => {
      const lab = openCliLab()
      const url = await deployFirst(lab)
      const refine = refineArgs('Make the header green', '--agent-option', 'pace=150', '--detach')
      expect((await lab.run(refine)).code).toBe(0)
      await waitForState(lab, 'implementing')
      reboot(lab, 'gone')
      await expect(fetchPage(url)).rejects.toThrow()
      expect((await lab.run(['resume', guid])).code).toBe(0)
      expect((await fetchPage(url)).status).toBe(200)
      expect(await viewOf(lab)).toMatchObject({ alive: { supervisor: true, preview: true } })
      expect(await lab.run(['status', guid, '--watch'])).toMatchObject({
        code: 0,
        stdout: `${url}\n`,
      })
      expect(countOf(await journalOfBuild(lab, 2), 'retry')).toBe(0)
    },
  )

  it('a process that got the number of one of ours is neither taken for it nor ended', async () => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'))).code).toBe(0)
    await waitForState(lab, 'implementing')
    const stranger = spawn('sleep', ['600'])
    onTestFinished(() => void stranger.kill('SIGKILL'))
    // The same start time too: only the boot differs.
    const itself = JSON.stringify(readProcessId(stranger.pid ?? 0))
    for (const column of ['agent_process', 'supervisor_process'])
      changeRecords(lab, `UPDATE sessions SET ${column} = ?`, itself)
    reboot(lab, 'gone')
    await expectAbandoned(lab, 'implementing')
    await resume(lab)
    await waitForEvent(lab, 'agent_ready', guid, 2)
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null)
    await lab.run(['stop', guid])
    expect(stranger.exitCode ?? stranger.signalCode).toBe(null)
  })
})

describe('the tmux server is lost', () => {
  it.each(
    few(1, [
      ['before the prompt is taken', 'trust-dialog', 'agent_started', ['autonomous_agent']],
      ['at work', 'ok', 'prompt_delivered', ['autonomous_agent', 'lost']],
    ]),
  )('%s: the prompt is taken once, in the same attempt', async (_name, scenario, event, lines) => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ scenario, pace: 60 }, '--detach'))).code).toBe(0)
    await waitForEvent(lab, event)
    await killServer(lab)
    await resume(lab)
    const { attempt } = await viewOf(lab)
    expect(attempt).toBe(1)
    expect((await lab.run(['status', guid, '--watch'])).code).toBe(0)
    const events = await journalOf(lab)
    expect(countOf(events, 'retry')).toBe(0)
    const delivered = events.filter(({ type }) => type === 'prompt_delivered')
    expect(delivered.map(({ prompt }) => prompt)).toEqual(lines)
    expect(promptsTaken(lab)).toHaveLength(lines.length)
  })

  it.runIf(isFull)(
    'while a question is open: it stays open, and its answer calls the agent back',
    async () => {
      const lab = openCliLab()
      expect((await lab.run(registerArgs({ scenario: 'ask' }))).code).toBe(3)
      const entries = () => [...conversationsOf(lab).values()].flat()
      await waitFor('its note', () => entries().some(({ type }) => type === 'question'))
      await killServer(lab)
      await expectAbandoned(lab, 'awaiting_approval')
      expect((await lab.run(['status', guid])).stderr).toContain(`tmux-builder answer ${short}`)
      await resume(lab)
      expect(await viewOf(lab)).toMatchObject({
        state: 'awaiting_approval',
        questions: [{ id: 'q1' }],
        alive: { agent: false, supervisor: true },
      })
      expect((await lab.run(['answer', guid, 'always dark'])).code).toBe(0)
      await expectDeployed(lab, { attempt: 1, lines: ['autonomous_agent', 'answer'] })
    },
  )

  it.runIf(isFull)(
    'while a question is open: nobody is told that the build waits before somebody waits',
    async () => {
      const lab = openCliLab()
      const again = registerArgs({ scenario: 'ask' })
      expect((await lab.run(again)).code).toBe(3)
      await killServer(lab)
      const watched = await lab.run(['status', guid, '--watch'])
      expect(watched).toMatchObject({ code: 5, stdout: '' })
      expect(watched.stderr).toContain(`tmux-builder resume ${short}`)
      expect((await viewOf(lab)).alive).toEqual(noProcess)

      const joined = await lab.run(again)
      expect(joined).toMatchObject({ code: 3, stdout: '' })
      expect(joined.stderr).toContain(`tmux-builder answer ${short}`)
      expect((await viewOf(lab)).alive).toMatchObject({ supervisor: true })

      await killServer(lab)
      const answered = await lab.run(['answer', guid, 'always dark'])
      expect(answered).toMatchObject({ code: 0, stdout: 'answered q1\n' })
      expect(answered.stderr).toContain(`tmux-builder resume ${short}`)
      await resume(lab)
      await expectDeployed(lab, { attempt: 1, lines: ['autonomous_agent', 'answer'] })
    },
  )

  it.runIf(isFull)(
    'while its address is verified: the preview comes back, and the claim holds',
    async () => {
      const lab = openCliLab()
      const build = await openSilentBuild(lab)
      const site = build.buildSite('dist')
      const url = (await lab.run(['deploy', guid, '--dir', site])).stdout.trim()
      // No answer: that is tried again for a while.
      process.kill(pidOf(lab, 'preview'), 'SIGSTOP')
      build.write(
        'status.json',
        JSON.stringify({
          ...{ status: 'deployed', phase: 4, progress: 100, message: 'done', deployment_url: url },
        }),
      )
      await waitForState(lab, 'verifying')
      await killServer(lab)
      await expectAbandoned(lab, 'verifying')
      await resume(lab)
      await expectDeployed(lab, { attempt: 1, lines: ['autonomous_agent'] })
      expect(countOf(await journalOf(lab), 'agent_started')).toBe(1)
    },
  )

  it.runIf(isFull)(
    'in the pause between attempts: the pause goes on, then the next attempt',
    async () => {
      const lab = openCliLab()
      const args = registerArgs({ scenario: 'error-once' }, '--retry-delay', '1h', '--detach')
      expect((await lab.run(args)).code).toBe(0)
      await waitForState(lab, 'retrying')
      const pauseOf = () => rowsOf(lab, 'SELECT wait_until FROM builds')
      const pause = pauseOf()
      await killServer(lab)
      await expectAbandoned(lab, 'retrying')
      await resume(lab)
      expect(await viewOf(lab)).toMatchObject({ state: 'retrying', alive: { supervisor: true } })
      expect(pauseOf()).toEqual(pause)
      changeRecords(lab, 'UPDATE builds SET wait_until = ?', new Date().toISOString())
      await expectDeployed(lab, { attempt: 2, lines: ['autonomous_agent', 'debug_mode'] })
    },
  )

  it.runIf(isFull)('again and again: each loss is a line, none an attempt', async () => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ pace: 60 }, '--detach'))).code).toBe(0)
    const losses = isFull ? 8 : 2
    for (let loss = 1; loss <= losses; loss++) {
      await waitForEvent(lab, 'prompt_delivered', guid, loss)
      await (loss % 2 ? killServer(lab) : lab.tmux('kill-session', '-t', `=${sessionName(guid)}`))
      await resume(lab)
    }
    const lines = ['autonomous_agent', ...Array<string>(losses).fill('lost')]
    await expectDeployed(lab, { attempt: 1, lines })
  })

  it.runIf(isFull)(
    'with its supervisor, under a watching register: that brings both back',
    async () => {
      const lab = openCliLab()
      const watching = lab.start(registerArgs({ pace: 150 }))
      await waitForState(lab, 'implementing')
      await killServer(lab)
      expect(await watching.done).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(urlPattern),
      })
      await expectDeployed(lab, { attempt: 1, lines: ['autonomous_agent', 'lost'] })
    },
  )
})

it.runIf(isFull)(
  'an agent that outlived the tmux server is ended before its conversation goes on',
  async () => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'))).code).toBe(0)
    await waitForState(lab, 'implementing')
    await killServer(lab)
    // Some agents' programs do not end when they are hung up.
    const agent = spawn('sleep', ['600'], {
      env: {
        ...lab.env,
        TMUX_BUILDER_SESSION: guid,
        TMUX_BUILDER_HOME: lab.home,
        TMUX_BUILDER_WINDOW: 'agent',
      },
    })
    onTestFinished(() => void agent.kill('SIGKILL'))
    const itself = JSON.stringify(readProcessId(agent.pid ?? 0))
    changeRecords(lab, 'UPDATE sessions SET agent_process = ?', itself)
    expect(await viewOf(lab)).toMatchObject({ alive: { agent: true, supervisor: false } })
    expect((await lab.run(['status', guid])).stdout).toContain('implementing (no supervisor)')
    const sessionsMade = () =>
      rowsOf(lab, "SELECT seq FROM events WHERE type = 'session_created'").length
    const madeAtItsEnd = once(agent, 'exit').then(sessionsMade)
    await resume(lab)
    // Before there was a session for the next one.
    expect(await madeAtItsEnd).toBe(1)
    expect(sessionsMade()).toBe(2)
    await waitForEvent(lab, 'agent_ready', guid, 2)
    expect(await viewOf(lab)).toMatchObject({
      attempt: 1,
      alive: { agent: true, supervisor: true },
    })
    await lab.run(['stop', guid])
  },
)

it.runIf(isFull)('a shutdown that reaches the agent first spends no attempt', async () => {
  const lab = openCliLab()
  expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'))).code).toBe(0)
  await waitForState(lab, 'implementing')
  const [agent, supervisor] = [pidOf(lab, 'agent'), pidOf(lab, 'supervisor')]
  process.kill(supervisor, 'SIGSTOP')
  killNow(agent)
  await waitFor('the agent’s end', () => hasEnded(agent))
  // Its shell, which would start it again; then its own signal, and it wakes up.
  killNow(readProcessStat(supervisor)?.parent ?? 0)
  process.kill(supervisor, 'SIGTERM')
  process.kill(supervisor, 'SIGCONT')
  await waitFor('the supervisor’s end', () => hasEnded(supervisor))
  expect(countOf(await journalOf(lab), 'retry')).toBe(0)
  await lab.tmux('kill-server')
  await resume(lab)
  await waitForEvent(lab, 'agent_started', guid, 2)
  expect(await viewOf(lab)).toMatchObject({ attempt: 1 })
  await lab.run(['stop', guid])
})

it.runIf(isFull)(
  'a tmux session whose maker was killed before it had recorded it is found',
  async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    await lab.run(['stop', guid])
    // The last thing that was done: the session is there, by name, and the records know of none.
    const idle = join(lab.root, 'idle.sh')
    writeFileSync(idle, 'exec sleep 600\n')
    const name = sessionName(guid)
    await lab.tmux('new-session', '-d', '-s', name, '-n', 'agent', 'sh', idle)
    await lab.tmux('set-option', '-t', `=${name}:`, '@tb_home', lab.home)
    expect(sessionOf(lab).tmux_socket).toBe(null)
    expect((await lab.run(registerArgs({}, '--rebuild'))).code).toBe(0)
    expect((await lab.json<{ tmux: object }>(['status', guid])).tmux).toMatchObject({
      session: name,
    })
  },
)
