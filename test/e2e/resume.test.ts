import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sessionName } from '../../src/tmux/windows.ts'
import {
  buildsOf,
  countOf,
  type Event,
  expectGapless,
  fetchPage,
  journalOf,
  registerArgs,
  rowsOf,
  stateOf,
  typesOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, identityFlags, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { killForGood, killServer, reboot } from '../support/losses.ts'
import {
  changeRecords,
  deployFirst,
  hasEnded,
  isWindowAlive,
  pidOf,
  sessionOf,
} from '../support/sessions.ts'

const day = 24 * 60 * 60 * 1000

/** A build whose agent is silent, that nobody watches; its GUID. */
async function leaveSilentBuild(lab: CliLab, ...more: string[]): Promise<string> {
  const done = await lab.run(registerArgs({ scenario: 'hang' }, '--detach', ...more))
  expect(done.code, done.stderr).toBe(0)
  const of = done.stdout.trim()
  await waitForState(lab, 'implementing', of)
  return of
}

const environmentOf = (pid: number) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')

/** All that a refused command must leave as it is. */
const recordsOf = (lab: CliLab) => ({
  sessions: rowsOf(lab, 'SELECT * FROM sessions'),
  builds: rowsOf(lab, 'SELECT * FROM builds'),
  events: rowsOf(lab, 'SELECT * FROM events'),
})

describe('resume of one session', () => {
  it(`by ${isFull ? 20 : 6} at once is done once`, async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    await killServer(lab)
    const all = await Promise.all(
      Array.from({ length: isFull ? 20 : 6 }, () =>
        lab.json<{ resumed: { did: string }[] }>(['resume', guid]),
      ),
    )
    const did = all.map(({ resumed }) => resumed[0]?.did).toSorted()
    expect(did).toEqual([...Array(all.length - 1).fill('running'), 'went_on'])
    await waitForEvent(lab, 'agent_ready', guid, 2)
    expect(await lab.json(['resume', guid])).toMatchObject({ resumed: [{ did: 'running' }] })
    const events = await journalOf(lab)
    expectGapless(events)
    expect(countOf(events, 'resumed')).toBe(1)
    expect(countOf(events, 'session_created')).toBe(2)
    expect(countOf(events, 'supervisor_started')).toBe(2)
    expect(countOf(events, 'agent_started')).toBe(2)
    await lab.run(['stop', guid])
  })

  it('a stopped build goes on with its next attempt, in its conversation', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab, '--max-attempts', '1')
    await lab.run(['stop', guid])
    const done = await lab.run(['resume', guid])
    expect(done).toMatchObject({
      code: 0,
      stdout: `${guid} build 1 continues with its next attempt\n`,
    })
    await waitForEvent(lab, 'prompt_delivered', guid, 2)
    const events = await journalOf(lab)
    const started = events.filter((event) => event.type === 'agent_started')
    expect(started.map(({ attempt, resumed }) => [attempt, resumed])).toEqual([
      [1, false],
      [2, true],
    ])
    expect(events.findLast((event) => event.type === 'prompt_delivered')).toMatchObject({
      prompt: 'debug_mode',
      attempt: 2,
    })
    expect(events.slice(typesOf(events).indexOf('stopped')).map(({ type }) => type)).toEqual(
      expect.arrayContaining(['stopped', 'session_ended', 'resumed', 'session_created']),
    )
    expect(countOf(events, 'resumed')).toBe(1)
    await lab.run(['stop', guid])
  })

  it('a failed one is refused: exit 1, naming register --rebuild', async () => {
    const lab = openCliLab()
    const failed = await lab.run(registerArgs({ scenario: 'die' }, '--max-attempts', '1'))
    expect(failed.code).toBe(1)
    const before = recordsOf(lab)
    const done = await lab.run(['resume', guid])
    expect(done).toMatchObject({ code: 1, stdout: '' })
    expect(done.stderr).toMatch(/agent_exited.*\n.*tmux-builder register --rebuild/)
    expect(recordsOf(lab)).toEqual(before)
    expect((await lab.run(['resume'])).code).toBe(2)
    expect((await lab.run(['resume', guid, '--all'])).code).toBe(2)
    expect((await lab.run(['resume', 'abcd'])).code).toBe(4)
  })

  it('a deployed one is served again at its address; nothing else of it is done again', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    await killServer(lab)
    const told = await lab.run(['status', guid])
    expect(told.stderr).toContain(`tmux-builder resume ${guid.slice(0, 12)}`)
    for (let time = 0; time < 2; time++) {
      const done = await lab.run(['resume', guid])
      expect(done).toMatchObject({ code: 0, stdout: `${guid} build 1 is served again\n` })
      expect((await fetchPage(url)).status).toBe(200)
    }
    const events = await journalOf(lab)
    expect(countOf(events, 'session_created')).toBe(2)
    for (const type of ['deployed', 'agent_started', 'verified'])
      expect(countOf(events, type)).toBe(1)
    expect(countOf(events, 'resumed')).toBe(0)
    // Only its preview was lost.
    await killForGood(lab, 'preview')
    expect((await lab.run(['resume', guid])).code).toBe(0)
    expect((await fetchPage(url)).status).toBe(200)
    changeRecords(lab, "UPDATE builds SET target = 'aws'")
    expect(await lab.json(['resume', guid])).toMatchObject({ resumed: [{ did: 'nothing' }] })
  })

  it.runIf(isFull)(
    'a supervisor that is alive without its tmux session is no supervisor',
    // When the leader of its terminal's session has died, the kernel wakes it with the hang-up, and on a loaded machine it
    // may end before the look.
    { retry: 3 },
    async () => {
      const lab = openCliLab()
      await leaveSilentBuild(lab)
      const supervisor = pidOf(lab, 'supervisor')
      // It does not hear that it is hung up, as one that is busy would for a while.
      process.kill(supervisor, 'SIGSTOP')
      await lab.tmux('kill-session', '-t', `=${sessionName(guid)}`)
      if (hasEnded(supervisor)) throw new Error('it was to outlive its session')
      expect(await lab.json(['resume', guid])).toMatchObject({ resumed: [{ did: 'went_on' }] })
      expect(hasEnded(supervisor)).toBe(true)
      expect(isWindowAlive(lab, 'supervisor')).toBe(true)
      await waitForEvent(lab, 'agent_ready', guid, 2)
      await lab.run(['stop', guid])
    },
  )

  it('the keys that the build was started with are still there after a reboot', async () => {
    const lab = openCliLab()
    const given = { ANTHROPIC_API_KEY: 'sk-first', TOKEN_OF_USER: 'one', AWS_REGION: 'eu-west-1' }
    const args = registerArgs({ scenario: 'hang' }, '--detach', '--agent-env', 'TOKEN_OF_USER')
    expect((await lab.run(args, { env: given })).code).toBe(0)
    await waitForState(lab, 'implementing')
    reboot(lab, 'gone')
    expect((await lab.run(['resume', guid], { env: { AWS_REGION: 'us-east-1' } })).code).toBe(0)
    await waitForEvent(lab, 'agent_ready', guid, 2)
    const environment = environmentOf(pidOf(lab, 'agent'))
    for (const variable of [
      'ANTHROPIC_API_KEY=sk-first',
      'TOKEN_OF_USER=one',
      // What the command brings wins.
      'AWS_REGION=us-east-1',
    ])
      expect(environment).toContain(variable)
    await lab.run(['stop', guid])
  })

  it.runIf(isFull)('without the agent’s program nothing is changed: exit 5', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    await killServer(lab)
    changeRecords(lab, "UPDATE builds SET agent = 'claude'")
    for (const state of ['implementing', 'stopped']) {
      changeRecords(lab, 'UPDATE builds SET state = ?', state)
      const before = recordsOf(lab)
      const done = await lab.run(['resume', guid], { env: { PATH: '/usr/bin:/bin' } })
      expect(done.code).toBe(5)
      expect(done.stderr).toContain('claude is not installed')
      expect(recordsOf(lab)).toEqual(before)
    }
  })

  it.runIf(isFull)(
    'a session of another home is not touched, and nothing is changed: exit 6',
    async () => {
      const lab = openCliLab()
      await leaveSilentBuild(lab)
      await lab.run(['stop', guid])
      const other = { env: { TMUX_BUILDER_HOME: join(lab.root, 'other') } }
      expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'), other)).code).toBe(0)
      const before = recordsOf(lab)
      const done = await lab.run(['resume', guid])
      expect(done.code).toBe(6)
      expect(done.stderr).toContain('belongs to another home')
      expect(recordsOf(lab)).toEqual(before)
      const { alive } = await lab.json<{ alive: object }>(['status', guid], other)
      expect(alive).toMatchObject({ supervisor: true })
      await lab.run(['stop', guid], other)
    },
  )

  it.runIf(isFull)('…nor one on a server that the records do not name', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    await killServer(lab)
    const other = { env: { TMUX_BUILDER_HOME: join(lab.root, 'other') } }
    expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'), other)).code).toBe(0)
    changeRecords(lab, 'UPDATE sessions SET tmux_socket = ?', join(lab.root, 'old', 'socket'))
    const done = await lab.run(['resume', guid])
    expect(done.code).toBe(6)
    expect(stateOf(lab)).toBe('implementing')
    await lab.run(['stop', guid], other)
  })
})

describe('resume --all', () => {
  const named = (project: string) => ['--project', project]
  const register = (lab: CliLab, project: string) => leaveSilentBuild(lab, ...named(project))
  const deploy = async (lab: CliLab, project: string) => {
    const done = await lab.run(registerArgs({ identity: [...identityFlags, ...named(project)] }))
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    const [row] = rowsOf(lab, 'SELECT guid FROM sessions WHERE project = ?', project)
    return { of: String(row?.guid), url: done.stdout.trim() }
  }

  it.runIf(isFull)(
    'goes on with the others when some fail, and leaves what was ended',
    async () => {
      const lab = openCliLab()
      const [lost, agentless, stopped, archived] = [
        await register(lab, 'lost'),
        await register(lab, 'agentless'),
        await register(lab, 'stopped'),
        await register(lab, 'archived'),
      ]
      const live = await deploy(lab, 'live')
      const ended = await deploy(lab, 'ended')
      for (const of of [stopped, archived, ended.of]) await lab.run(['stop', of])
      await lab.run(['archive', archived])
      reboot(lab, 'gone')
      changeRecords(lab, "UPDATE builds SET agent = 'claude' WHERE guid = ?", agentless)

      const withoutAgent = { env: { PATH: '/usr/bin:/bin' } }
      const done = await lab.run(['resume', '--all'], withoutAgent)
      expect(done.code).toBe(5)
      expect(done.stdout.trim().split('\n').toSorted()).toEqual(
        [`${lost} build 1 continues`, `${live.of} build 1 is served again`].toSorted(),
      )
      expect(done.stderr).toContain('1 of the sessions could not be resumed')
      expect(done.stderr).toContain(`${agentless.slice(0, 12)}: The agent program claude`)
      expect((await fetchPage(live.url)).status).toBe(200)
      await expect(fetchPage(ended.url)).rejects.toThrow()
      const resumedIn = (of: string) =>
        rowsOf(lab, "SELECT seq FROM events WHERE guid = ? AND type = 'resumed'", of).length
      for (const of of [agentless, stopped, archived, live.of, ended.of])
        expect(resumedIn(of)).toBe(0)
      for (const of of [stopped, archived]) expect(stateOf(lab, of)).toBe('stopped')
      expect(sessionOf(lab, archived).archived_at).not.toBe(null)

      // The one object is the error then; and what runs already is left alone.
      expect(await lab.json(['resume', '--all'], withoutAgent)).toMatchObject({
        type: 'error',
        exit_code: 5,
        message: expect.stringContaining(agentless.slice(0, 12)),
      })
      expect(resumedIn(lost)).toBe(1)
      await lab.run(['stop', agentless])
      expect(await lab.json(['resume', '--all'])).toEqual({
        resumed: [{ guid: lost, build: 1, did: 'running' }],
      })
      for (const of of [lost, live.of]) await lab.run(['stop', of])
      expect(await lab.run(['resume', '--all'])).toMatchObject({
        code: 0,
        stdout: 'nothing to resume\n',
      })
    },
  )

  it('in a home that has nothing, makes nothing', async () => {
    const lab = openCliLab()
    expect(await lab.run(['resume', '--all'])).toMatchObject({ code: 0 })
    expect(buildsOf(lab)).toEqual([])
    await expect(lab.tmux('list-sessions')).rejects.toThrow()
  })
})

describe('a session past its expiry', () => {
  const old = () => new Date(Date.now() - 5 * day - 1_000).toISOString()
  const expire = (lab: CliLab) =>
    changeRecords(lab, 'UPDATE sessions SET tmux_created_at = ?', old())
  const sessionEvents = async (lab: CliLab) =>
    (await journalOf(lab))
      .filter((event: Event) => event.type.startsWith('session_'))
      .map(({ type, reason }) => [type, reason])

  it.runIf(isFull)('is ended by resume, register and gc, and by no read', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const made = ['session_created', undefined]
    const ended = ['session_ended', 'too_old']
    expire(lab)
    const agent = pidOf(lab, 'agent')
    for (const read of [['status'], ['events'], ['logs']])
      expect((await lab.run([...read, guid])).code).toBe(0)
    for (const read of ['list', 'doctor']) await lab.run([read])
    expect((await lab.run(['status', guid, '--watch'])).code).toBe(0)
    expect(hasEnded(agent)).toBe(false)
    expect(await sessionEvents(lab)).toEqual([made])

    expect((await lab.run(['resume', guid])).code).toBe(0)
    expect(hasEnded(agent)).toBe(true)
    expect(await sessionEvents(lab)).toEqual([made, ended, made])
    expect((await fetchPage(url)).status).toBe(200)

    expire(lab)
    const preview = pidOf(lab, 'preview')
    const again = await lab.run(registerArgs())
    expect(again, again.stderr).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(hasEnded(preview)).toBe(true)
    expect(await sessionEvents(lab)).toEqual([made, ended, made, ended, made])

    expire(lab)
    expect(await lab.json(['gc'])).toMatchObject({ expired: [guid], archived: [] })
    await expect(fetchPage(url)).rejects.toThrow()
    expect((await sessionEvents(lab)).at(-1)).toEqual(ended)
    expect(await lab.json(['gc'])).toMatchObject({ expired: [] })
    // What expired was not lost.
    expect(await lab.json(['resume', '--all'])).toEqual({ resumed: [] })
  })

  it.runIf(isFull)('is left alone during a build', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    expire(lab)
    const agent = pidOf(lab, 'agent')
    expect(await lab.json(['gc'])).toMatchObject({ expired: [] })
    expect(await lab.json(['resume', guid])).toMatchObject({ resumed: [{ did: 'running' }] })
    await killForGood(lab, 'supervisor')
    expect(await lab.json(['gc'])).toMatchObject({ expired: [] })
    expect(await lab.json(['resume', guid])).toMatchObject({ resumed: [{ did: 'went_on' }] })
    await waitFor('a supervisor', () => isWindowAlive(lab, 'supervisor'))
    expect(hasEnded(agent)).toBe(false)
    expect(await sessionEvents(lab)).toHaveLength(1)
    await lab.run(['stop', guid])
  })
})
