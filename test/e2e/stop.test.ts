import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findSessionProcesses } from '../../src/session/processes.ts'
import { sessionName } from '../../src/tmux/windows.ts'
import {
  buildsOf,
  countOf,
  expectGapless,
  fetchPage,
  journalOf,
  registerArgs,
  rowsOf,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { deployFirst, hasEnded, pidOf } from '../support/sessions.ts'

const living = (lab: CliLab, of = guid) => findSessionProcesses({ guid: of, home: lab.home }, [])
const stop = (lab: CliLab, of = guid) => lab.json<{ guid: string; processes: number }>(['stop', of])

async function expectNothingLeft(lab: CliLab) {
  expect(living(lab)).toEqual([])
  const sessions = await lab.tmux('list-sessions', '-F', '#{session_name}').catch(() => '')
  expect(sessions.split('\n')).not.toContain(sessionName(guid))
  const { alive } = await lab.json<{ alive: object }>(['status', guid])
  expect(alive).toEqual({ agent: false, supervisor: false, preview: false })
  expect(existsSync(join(lab.folderOf(guid), 'agent', 'environment.json'))).toBe(false)
}

describe('stop', () => {
  it('a running build becomes stopped, and whoever watches is told', async () => {
    const lab = openCliLab()
    const register = lab.start(registerArgs({ scenario: 'hang' }, '--json'))
    await waitForState(lab, 'implementing')
    const counted = living(lab).length
    expect(counted).toBeGreaterThanOrEqual(2)
    const stopped = await stop(lab)
    expect(stopped).toMatchObject({ guid })
    expect(stopped.processes).toBeGreaterThanOrEqual(counted)
    const done = await register.done
    expect(done.code).toBe(1)
    expect(JSON.parse(done.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'result',
      state: 'stopped',
      reason: 'stopped',
      exit_code: 1,
    })
    await expectNothingLeft(lab)
    expectGapless(await journalOf(lab))
  })

  it('an ended build keeps its state; again it ends nothing and says nothing new', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    expect((await stop(lab)).processes).toBeGreaterThan(0)
    await expectNothingLeft(lab)
    await expect(fetchPage(url)).rejects.toThrow()
    const before = await journalOf(lab)
    expect(await stop(lab)).toEqual({ guid, processes: 0 })
    expect(await journalOf(lab)).toEqual(before)
    expect(countOf(before, 'session_ended')).toBe(1)
    expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }])
  })

  it('ends what left the process tree and what ignores TERM, and counts them', async () => {
    const lab = openCliLab()
    await deployFirst(lab, { scenario: 'leave-children' })
    const file = join(lab.folderOf(guid), 'agent', 'children.txt')
    const children = await waitFor('both', () => {
      const lines = readFileSync(file, 'utf8').trim().split('\n')
      return lines.length === 2 && lines.map((line) => Number(line.split(' ')[1]))
    })
    expect(children.map(hasEnded)).toEqual([false, false])
    const ofSupervisor = { guid, home: lab.home, window: 'supervisor' }
    await waitFor('the supervisor to be gone', () => !findSessionProcesses(ofSupervisor, []).length)
    const counted = living(lab).length
    const { processes } = await stop(lab)
    expect(processes).toBeGreaterThanOrEqual(counted)
    expect(children.map(hasEnded)).toEqual([true, true])
    await expectNothingLeft(lab)
  })

  it('neighbours live on: names that begin like ours, and another session of this home', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const other = ['--email', 'user1@example.com', '--phone', '+15551111111']
    await deployFirst(lab, { identity: other })
    const theirs = 'd1f3584a7dde0ae258fb37f50d699781c0d6266f313e59d99489f94b3d854489'
    const agent = pidOf(lab, 'agent', theirs)
    const names = [`${sessionName(guid)}0`, sessionName(guid).slice(0, -1)]
    for (const name of names) await lab.tmux('new-session', '-d', '-s', name, 'sleep 600')
    for (let n = 0; n < 2; n++) await stop(lab)
    await expectNothingLeft(lab)
    const sessions = (await lab.tmux('list-sessions', '-F', '#{session_name}')).split('\n')
    expect(sessions.toSorted()).toEqual([...names, sessionName(theirs)].toSorted())
    expect(hasEnded(agent)).toBe(false)
  })

  it('during the hand-over: nothing is left, whoever was first', async () => {
    const lab = openCliLab()
    const register = lab.start(registerArgs({ scenario: 'hang' }))
    await waitFor('the record', () => buildsOf(lab).length > 0)
    await stop(lab)
    expect((await register.done).code).toBe(1)
    expect(buildsOf(lab)).toMatchObject([{ state: 'stopped' }])
    await expectNothingLeft(lab)
  })

  it.runIf(isFull)('while an agent starts, again and again: nothing is left', async () => {
    const lab = openCliLab()
    for (const pauseMs of [0, 150, 400]) {
      const register = lab.start(registerArgs({ scenario: 'hang' }))
      const count = buildsOf(lab).length
      await waitFor('the record', () => buildsOf(lab).length > count)
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      await stop(lab)
      await register.done
      await expectNothingLeft(lab)
    }
    expect(buildsOf(lab).every((build) => build.state === 'stopped')).toBe(true)
    expectGapless(await journalOf(lab))
  })

  it.runIf(isFull)('with the tmux server gone it still ends what lives on', async () => {
    const lab = openCliLab()
    await deployFirst(lab, { scenario: 'leave-children' })
    await lab.tmux('kill-server')
    await waitFor('the panes’ end', () => living(lab).length <= 2)
    await stop(lab)
    await expectNothingLeft(lab)
  })

  it('a session of another home: exit 6, and it lives on', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    await lab.tmux('set-option', '-t', `=${sessionName(guid)}:`, '@tb_home', '/elsewhere')
    for (const command of ['stop', 'archive']) expect((await lab.run([command, guid])).code).toBe(6)
    expect(living(lab).length).toBeGreaterThan(0)
  })
})

describe('archive, restore, gc', () => {
  it('a running build is not archived: exit 6', async () => {
    const lab = openCliLab()
    const register = lab.start(registerArgs({ scenario: 'hang' }))
    await waitForState(lab, 'implementing')
    const refused = await lab.run(['archive', guid])
    expect(refused).toMatchObject({ code: 6, stdout: '' })
    expect(refused.stderr).toContain('tmux-builder stop')
    // Nor by gc, however old.
    expect((await lab.run(['gc', '--older-than', '1ms'])).stdout).toBe('archived 0\n')
    expect(living(lab).length).toBeGreaterThan(0)
    await stop(lab)
    await register.done
  })

  it('archived it is out of sight, ended and where it was; restored it is back, and starts nothing', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    expect((await lab.run(['archive', guid.slice(0, 8)])).code).toBe(0)
    await expectNothingLeft(lab)
    expect(existsSync(join(lab.folderOf(guid), 'site', '1', 'index.html'))).toBe(true)
    const listed = async (...flags: string[]) =>
      (await lab.json<{ sessions: object[] }>(['list', ...flags])).sessions
    expect(await listed()).toEqual([])
    expect(await listed('--all')).toMatchObject([{ guid, archived: true, state: 'deployed' }])
    expect((await lab.run(['archive', guid])).code).toBe(0)
    expect((await lab.run(['restore', guid])).code).toBe(0)
    expect(await listed()).toMatchObject([{ guid, archived: false }])
    await expectNothingLeft(lab)
    const events = await journalOf(lab)
    expect([countOf(events, 'archived'), countOf(events, 'restored')]).toEqual([1, 1])
  })

  it.runIf(isFull)('register of an archived request restores it and reports it', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    await lab.run(['archive', guid])
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect((await fetchPage(url)).status).toBe(200)
    expect(buildsOf(lab)).toHaveLength(1)
    expect(rowsOf(lab, 'SELECT archived_at FROM sessions')).toEqual([{ archived_at: null }])
  })

  it.runIf(isFull)(
    'gc takes what is older, deletes nothing without --purge, and says how many',
    async () => {
      const lab = openCliLab()
      await deployFirst(lab)
      expect((await lab.run(['gc'])).stdout).toBe('archived 0\n')
      expect((await lab.run(['gc', '--purge'])).stdout).toBe('archived 0, deleted 0\n')
      expect(living(lab).length).toBeGreaterThan(0)
      expect((await lab.run(['gc', '--older-than', '1ms'])).stdout).toBe('archived 1\n')
      await expectNothingLeft(lab)
      expect(existsSync(lab.folderOf(guid))).toBe(true)
      expect(await lab.json(['gc', '--older-than', '1ms'])).toEqual({
        archived: [],
        destroyed: [],
        expired: [],
        purged: [],
      })
      expect((await lab.run(['gc', '--purge'])).stdout).toBe('archived 0, deleted 0\n')
      expect(await lab.json(['gc', '--older-than', '1ms', '--purge'])).toEqual({
        archived: [],
        destroyed: [],
        expired: [],
        purged: [guid],
      })
      expect(existsSync(lab.folderOf(guid))).toBe(false)
      expect((await lab.run(['status', guid])).code).toBe(4)
      // The identity begins anew.
      await deployFirst(lab)
      expectGapless(await journalOf(lab))
    },
  )
})
