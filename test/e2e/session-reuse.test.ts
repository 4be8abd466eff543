import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sessionName } from '../../src/tmux/windows.ts'
import {
  agentStarts,
  expectGapless,
  findWindowProcesses,
  journalOf,
  killNow,
  promptsTaken,
  registerArgs,
  typesOf,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'
import {
  changeRecords,
  conversationsOf,
  deployFirst,
  hasEnded,
  isWindowAlive,
  journalOfBuild,
  pidOf,
  sessionOf,
  typedInto,
} from '../support/sessions.ts'

const day = 24 * 60 * 60 * 1000
const rebuild = (lab: CliLab, ...more: string[]) => lab.run(registerArgs({}, '--rebuild', ...more))

/** As if the agent had written nothing for a minute. */
function ageLog(lab: CliLab) {
  const then = new Date(Date.now() - 60_000)
  utimesSync(join(lab.folderOf(guid), 'logs', 'agent.log'), then, then)
}

const sessionEvents = async (lab: CliLab, build: number) =>
  (await journalOfBuild(lab, build))
    .filter((event) => event.type.startsWith('session_'))
    .map(({ type, reason }) => (reason === undefined ? type : `${type} ${reason}`))

/** The session was ended for that reason and made anew, and the build in it succeeded. */
async function expectMadeAnew(lab: CliLab, reason: string) {
  expect(await sessionEvents(lab, 2)).toEqual([
    `session_ended ${reason}`,
    `session_created ${reason}`,
  ])
  expectGapless(await journalOf(lab))
}

/** The new agent goes on in the old one's conversation. */
async function expectResumed(lab: CliLab) {
  const started = (await journalOf(lab)).filter((event) => event.type === 'agent_started')
  expect(started.map((event) => event.resumed)).toEqual([false, true])
  expect(started[1]?.conversation).toBe(started[0]?.conversation)
  expect([...conversationsOf(lab).keys()]).toEqual([`${started[0]?.conversation}.jsonl`])
  expect(promptsTaken(lab)).toHaveLength(2)
}

describe('a fit session is used again', () => {
  it('the agent lives on and gets its prompt by one paste', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const [agent, tmuxMade] = [pidOf(lab, 'agent'), sessionOf(lab).tmux_created_at]
    expect((await rebuild(lab)).code).toBe(0)
    expect(await sessionEvents(lab, 2)).toEqual(['session_reused'])
    expect(pidOf(lab, 'agent')).toBe(agent)
    expect(sessionOf(lab).tmux_created_at).toBe(tmuxMade)
    expect(agentStarts(lab)).toBe(1)
    expect(typedInto(lab)).toEqual([
      expect.stringMatching(/^\[4f901853-1-1-\d+\] Read the file /),
      expect.stringMatching(/^\[4f901853-2-1-\d+\] Read the file /),
    ])
  })

  it('asked whether it responds, it is typed nothing and its window keeps its size', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const sizeOf = () =>
      lab.tmux(
        'list-windows',
        '-t',
        `=${sessionName(guid)}`,
        '-F',
        '#{window_width}x#{window_height}',
      )
    const [agent, size] = [pidOf(lab, 'agent'), await sizeOf()]
    ageLog(lab)
    expect((await rebuild(lab)).code).toBe(0)
    expect(await sessionEvents(lab, 2)).toEqual(['session_reused'])
    expect(pidOf(lab, 'agent')).toBe(agent)
    expect(await sizeOf()).toBe(size)
    expect(typedInto(lab)).toHaveLength(2)
    const options = await lab.tmux('show-options', '-w', '-t', `=${sessionName(guid)}:agent`)
    expect(options).not.toContain('window-size')
  })

  it.runIf(isFull)('one that is almost 5 days old is young enough', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const then = new Date(Date.now() - 5 * day + 60_000).toISOString()
    changeRecords(lab, 'UPDATE sessions SET tmux_created_at = ?', then)
    expect((await rebuild(lab)).code).toBe(0)
    expect(await sessionEvents(lab, 2)).toEqual(['session_reused'])
  })
})

describe('an unfit session is ended with all its processes and made anew', () => {
  it.each(
    few(1, [
      ['killed', (lab: CliLab) => lab.tmux('kill-session', '-t', `=${sessionName(guid)}`)],
      ['gone with its server', (lab: CliLab) => lab.tmux('kill-server')],
    ]),
  )('%s: gone', async (_name, end) => {
    const lab = openCliLab()
    await deployFirst(lab)
    await end(lab)
    expect((await rebuild(lab)).code).toBe(0)
    await expectMadeAnew(lab, 'gone')
    await expectResumed(lab)
  })

  it('its agent killed: agent_dead', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const preview = pidOf(lab, 'preview')
    killNow(pidOf(lab, 'agent'))
    await waitFor('the agent’s death', () => !isWindowAlive(lab, 'agent'))
    expect((await rebuild(lab)).code).toBe(0)
    await expectMadeAnew(lab, 'agent_dead')
    await expectResumed(lab)
    expect(pidOf(lab, 'preview')).not.toBe(preview)
  })

  it('another program in the agent’s pane: wrong_program', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const pane = await lab.tmux(
      'list-panes',
      '-t',
      `=${sessionName(guid)}:agent`,
      '-F',
      '#{pane_id}',
    )
    await lab.tmux('respawn-pane', '-k', '-t', pane, 'sleep', '86400')
    const stranger = Number(await lab.tmux('display-message', '-p', '-t', pane, '#{pane_pid}'))
    expect((await rebuild(lab)).code).toBe(0)
    await expectMadeAnew(lab, 'wrong_program')
    await expectResumed(lab)
    expect(hasEnded(stranger)).toBe(true)
  })

  it.runIf(isFull)('its agent frozen and silent: unresponsive', async () => {
    const lab = openCliLab()
    const first = lab.start(registerArgs({ scenario: 'freeze' }))
    await waitForState(lab, 'implementing')
    // The frozen agent never gets to it: its part is played here.
    const workspace = join(lab.folderOf(guid), 'workspace')
    const site = join(workspace, 'code', 'dist')
    mkdirSync(site, { recursive: true })
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>Todo</title><h1>Todo app</h1>')
    const url = (await lab.run(['deploy', guid, '--dir', site])).stdout.trim()
    const report = { status: 'deployed', phase: 4, progress: 100, message: '', deployment_url: url }
    writeFileSync(join(workspace, 'status.json'), JSON.stringify(report))
    expect((await first.done).code).toBe(0)

    const agent = pidOf(lab, 'agent')
    ageLog(lab)
    const before = typedInto(lab)
    const again = registerArgs({ scenario: 'freeze' }, '--rebuild', '--detach')
    expect((await lab.run(again)).code).toBe(0)
    expect(hasEnded(agent)).toBe(true)
    await waitForEvent(lab, 'prompt_delivered', guid, 2)
    await expectMadeAnew(lab, 'unresponsive')
    await expectResumed(lab)
    expect(typedInto(lab)).toHaveLength(before.length + 1)
    await lab.run(['stop', guid])
  })

  it('5 days old: too_old', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const agent = pidOf(lab, 'agent')
    const then = new Date(Date.now() - 5 * day - 1_000).toISOString()
    changeRecords(lab, 'UPDATE sessions SET tmux_created_at = ?', then)
    expect((await rebuild(lab)).code).toBe(0)
    await expectMadeAnew(lab, 'too_old')
    await expectResumed(lab)
    expect(hasEnded(agent)).toBe(true)
    const { expires_at } = await lab.json<{ expires_at: string }>(['status', guid])
    expect(Date.parse(expires_at)).toBeGreaterThan(Date.now() + 5 * day - 60_000)
  })

  it.runIf(isFull)('its agent has other options: other_agent', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    expect((await lab.run(registerArgs({ pace: 1 }, '--rebuild'))).code).toBe(0)
    await expectMadeAnew(lab, 'other_agent')
    await expectResumed(lab)
  })

  it.runIf(isFull)('what an agent left behind is ended with it', async () => {
    const lab = openCliLab()
    await deployFirst(lab, { scenario: 'leave-children' })
    const left = findWindowProcesses(lab, 'agent', 'sleep')
    expect(left).toHaveLength(2)
    killNow(pidOf(lab, 'agent'))
    await waitFor('the agent’s death', () => !isWindowAlive(lab, 'agent'))
    expect((await rebuild(lab)).code).toBe(0)
    for (const pid of left) expect(hasEnded(pid)).toBe(true)
  })

  it.runIf(isFull)('and a stopped one is simply made', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    await lab.run(['stop', guid])
    expect((await rebuild(lab)).code).toBe(0)
    expect(await sessionEvents(lab, 2)).toEqual(['session_created'])
    await expectResumed(lab)
  })
})

describe('a session at work is never judged', () => {
  it('by one who joins, though its agent is silent and old', async () => {
    const lab = openCliLab()
    const first = lab.start(registerArgs({ scenario: 'hang' }))
    await waitForState(lab, 'implementing')
    const agent = pidOf(lab, 'agent')
    ageLog(lab)
    changeRecords(lab, 'UPDATE sessions SET tmux_created_at = ?', '2020-01-01T00:00:00.000Z')
    const joined = await lab.run(registerArgs({ scenario: 'hang' }, '--timeout', '1s'))
    expect(joined.code).toBe(124)
    expect(pidOf(lab, 'agent')).toBe(agent)
    expect(typesOf(await journalOf(lab)).filter((type) => type.startsWith('session_'))).toEqual([
      'session_created',
    ])
    await lab.run(['stop', guid])
    expect((await first.done).code).toBe(1)
  })

  it.runIf(isFull)('by one who brings back its supervisor', async () => {
    const lab = openCliLab()
    const first = lab.start(registerArgs({ scenario: 'hang' }))
    await waitForState(lab, 'implementing')
    first.kill('SIGTERM')
    expect((await first.done).code).toBe(143)
    const agent = pidOf(lab, 'agent')
    ageLog(lab)
    changeRecords(lab, 'UPDATE sessions SET tmux_created_at = ?', '2020-01-01T00:00:00.000Z')
    // Its shell first: it would start the supervisor again.
    await lab.tmux('kill-window', '-t', `=${sessionName(guid)}:supervisor`)
    for (const pid of findWindowProcesses(lab, 'supervisor', 'supervise')) killNow(pid)
    await waitFor('the supervisor’s end', () => !isWindowAlive(lab, 'supervisor'))
    const joined = lab.start(registerArgs({ scenario: 'hang' }))
    await waitFor('a new supervisor', () => isWindowAlive(lab, 'supervisor'))
    expect(pidOf(lab, 'agent')).toBe(agent)
    const types = typesOf(await journalOf(lab))
    expect(types.filter((type) => type.startsWith('session_'))).toEqual(['session_created'])
    expect(types.filter((type) => type === 'agent_started')).toHaveLength(1)
    await lab.run(['stop', guid])
    await joined.done
  })
})
