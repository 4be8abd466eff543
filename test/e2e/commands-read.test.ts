import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sessionName } from '../../src/tmux/windows.ts'
import {
  expectGapless,
  journalOf,
  killNow,
  registerArgs,
  rowsOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, parseLines, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { killForGood } from '../support/losses.ts'
import { deployFirst, insertSession, isWindowAlive, pidOf } from '../support/sessions.ts'

const short = guid.slice(0, 12)
interface Alive {
  readonly alive: { agent: boolean; supervisor: boolean; preview: boolean }
}
const aliveOf = async (lab: CliLab) => (await lab.json<Alive>(['status', guid])).alive

/** A build whose agent is silent, that nobody watches. */
async function leaveSilentBuild(lab: CliLab) {
  expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'))).stdout).toBe(`${guid}\n`)
  await waitForState(lab, 'implementing')
}

describe('status', () => {
  it('--json tells all that the contract names, and nobody’s e-mail', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const { stdout } = await lab.run(['status', short, '--json'])
    const view = JSON.parse(stdout)
    expect(view).toMatchObject({
      guid,
      project: null,
      build: 1,
      attempt: 1,
      state: 'deployed',
      reason: null,
      phase: 4,
      progress: 100,
      message: expect.stringContaining('deployed'),
      request: 'Build a todo app',
      url,
      verified: true,
      report: { status: 'deployed', deployment_url: url, build: 1, attempt: 1 },
      agent: 'demo',
      target: 'local',
      alive: { agent: true, supervisor: false, preview: true },
      questions: [],
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
      expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
      tmux: { socket: expect.stringContaining(lab.root), session: sessionName(guid) },
      folder: lab.folderOf(guid),
      workspace: join(lab.folderOf(guid), 'workspace'),
    })
    expect(view).toHaveProperty('usage')
    for (const text of [stdout, (await lab.run(['status', guid])).stdout]) {
      expect(text).not.toContain('example.com')
      expect(text).not.toContain('15551234567')
    }
    expect(await lab.json(['status', guid, '--show-identity'])).toMatchObject({
      email: 'test@example.com',
      phone: '+15551234567',
    })
    const plain = (await lab.run(['status', guid, '--show-identity'])).stdout
    for (const part of [url, 'deployed', 'test@example.com']) expect(plain).toContain(part)
  })

  it('looks up what is alive: a kill shows at once, and a look starts nothing', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    expect(await aliveOf(lab)).toEqual({ agent: true, supervisor: true, preview: false })
    await killForGood(lab, 'supervisor')
    expect(await aliveOf(lab)).toEqual({ agent: true, supervisor: false, preview: false })
    killNow(pidOf(lab, 'agent'))
    expect(await aliveOf(lab)).toEqual({ agent: false, supervisor: false, preview: false })
    // It says what to run.
    expect((await lab.run(['status', guid])).stderr).toContain(`tmux-builder resume ${short}`)
    await lab.run(['stop', guid])

    await deployFirst(lab)
    await killForGood(lab, 'preview')
    expect(await aliveOf(lab)).toEqual({ agent: true, supervisor: false, preview: false })
    for (const command of [['status'], ['events'], ['logs']]) await lab.run([...command, guid])
    await lab.run(['list'])
    expect((await aliveOf(lab)).preview).toBe(false)
    await lab.tmux('kill-server')
    await waitFor('the agent’s end', () => !isWindowAlive(lab, 'agent'))
    expect(await lab.json(['status', guid])).toMatchObject({
      state: 'deployed',
      alive: { agent: false, supervisor: false, preview: false },
    })
    await expect(lab.tmux('list-sessions')).rejects.toThrow(/no server|error connecting/)
  })
})

describe('status --watch', () => {
  it('exits 0 with the address of a build that is, or becomes, deployed', async () => {
    const lab = openCliLab()
    expect((await lab.run(registerArgs({ pace: 30 }, '--detach'))).code).toBe(0)
    const watched = await lab.run(['status', guid, '--watch'])
    expect(watched).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    expect(watched.stderr).toContain('deployed')
    const again = await lab.run(['status', guid, '--watch', '--json'])
    const lines = parseLines(again.stdout)
    const journal = (await journalOf(lab)).filter((event) => event.build === 1)
    expect(lines.slice(0, -1)).toEqual(journal)
    expect(lines.at(-1)).toMatchObject({ type: 'result', state: 'deployed', exit_code: 0 })
  })

  it.runIf(isFull)('exits 1 when the build is stopped, 7 when its address was a lie', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    const watching = lab.start(['status', guid, '--watch'])
    await waitFor('it watches', () => rowsOf(lab, 'SELECT 1 AS n FROM builds').length === 1)
    await lab.run(['stop', guid])
    expect(await watching.done).toMatchObject({ code: 1, stdout: '' })
    await lab.run(registerArgs({ scenario: 'lie-about-url' }, '--max-attempts', '1'))
    expect((await lab.run(['status', guid, '--watch'])).code).toBe(7)
  })

  it('exits 3 at an open question, which it tells', async () => {
    const lab = openCliLab()
    await lab.run(registerArgs({ scenario: 'ask' }, '--detach'))
    await waitForEvent(lab, 'question')
    const watched = await lab.run(['status', guid, '--watch'])
    expect(watched).toMatchObject({ code: 3, stdout: '' })
    expect(watched.stderr).toContain(`tmux-builder answer ${short}`)
    expect(watched.stderr).toContain('follow the system')
    await lab.run(['stop', guid])
  })

  it('exits 124 when its own patience ends; the build goes on', async () => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    const result = await lab.json(['status', guid, '--watch', '--timeout', '300ms'])
    expect(result).toMatchObject({ type: 'result', state: 'implementing', exit_code: 124 })
    expect((await aliveOf(lab)).supervisor).toBe(true)
    await lab.run(['stop', guid])
  })

  it.runIf(isFull)(
    'exits 5 after 10 s without a supervisor, naming resume, and starts none',
    async () => {
      const lab = openCliLab()
      await leaveSilentBuild(lab)
      await killForGood(lab, 'supervisor')
      const start = Date.now()
      const watched = await lab.run(['status', guid, '--watch'])
      expect(watched).toMatchObject({ code: 5, stdout: '' })
      expect(watched.stderr).toContain(`tmux-builder resume ${short}`)
      expect(Date.now() - start).toBeGreaterThan(9_500)
      expect(Date.now() - start).toBeLessThan(20_000)
      expect((await aliveOf(lab)).supervisor).toBe(false)
      await lab.run(['stop', guid])
    },
  )

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('ended by %s it exits %i and says how to come back', async (signal, code) => {
    const lab = openCliLab()
    await leaveSilentBuild(lab)
    const watching = lab.start(['status', guid, '--watch', '--json'])
    await waitFor('its first words', () => watching.said() !== '')
    watching.kill(signal)
    const done = await watching.done
    expect(done.code).toBe(code)
    expect(done.stderr).toContain('status')
    expect(parseLines(done.stdout).at(-1)).toMatchObject({ type: 'result', exit_code: code })
    expect((await aliveOf(lab)).supervisor).toBe(true)
    await lab.run(['stop', guid])
  })
})

it('reads make nothing in an empty home, and start no tmux', async () => {
  const lab = openCliLab()
  const codes: Record<string, number | null> = {}
  for (const args of [
    ['status', guid],
    ['status', guid, '--watch'],
    ['events', guid],
    ['logs', guid],
    ['list'],
    ['list', '--all', '--json'],
    ['gc'],
    ['stop', guid],
    ['archive', guid],
    ['restore', guid],
    ['answer', guid, 'x'],
  ])
    codes[args.join(' ')] = (await lab.run(args)).code
  expect(Object.values(codes)).toEqual([4, 4, 4, 4, 0, 0, 0, 4, 4, 4, 4])
  expect(await lab.json(['list'])).toEqual({ sessions: [] })
  expect(existsSync(lab.home)).toBe(false)
  expect(readdirSync(join(lab.root, 'home'))).toEqual([])
  expect(readdirSync(lab.root).filter((name) => name.startsWith('tmux-'))).toEqual([])
})

describe('events', () => {
  it.runIf(isFull)('-f follows without a gap or a double, and ends at a signal', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const following = lab.start(['events', guid, '-f', '--json'])
    const countOfTold = () => following.said().split('\n').length - 1
    const countOfJournal = () => Number(rowsOf(lab, 'SELECT count(*) AS n FROM events')[0]?.n)
    await waitFor('the past', () => countOfTold() === countOfJournal())
    await lab.run(registerArgs({}, '--rebuild'))
    await waitFor('the present', () => countOfTold() === countOfJournal())
    following.kill('SIGINT')
    const done = await following.done
    expect(done.code).toBe(130)
    const journal = await journalOf(lab)
    expectGapless(journal)
    const told = parseLines(done.stdout)
    expect(told.pop()).toMatchObject({ type: 'error', exit_code: 130 })
    expect(told).toEqual(journal)
    for (const event of journal)
      expect(event).toMatchObject({ guid, at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) })
  })

  it.runIf(isFull)('for people it is a line for each', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const { stdout } = await lab.run(['events', guid])
    expect(stdout.trimEnd().split('\n')).toHaveLength((await journalOf(lab)).length)
    expect(stdout).not.toContain('\u001b')
    expect(stdout).not.toContain('example.com')
  })
})

it('list tells what is there, by state, and archived ones only when asked', async () => {
  const lab = openCliLab()
  await deployFirst(lab)
  await lab.run([...registerArgs({ scenario: 'hang' }), '--project', 'todo', '--detach'])
  const project = 'bbc815049b4b84809d6143cf428eff02d20bbc9980ff96c9e8f0143d3d1b9683'
  await lab.run(['stop', project])
  const guidsOf = async (...flags: string[]) =>
    (await lab.json<{ sessions: { guid: string }[] }>(['list', ...flags])).sessions.map(
      (one) => one.guid,
    )
  expect(await guidsOf()).toEqual([project, guid])
  expect(await guidsOf('--state', 'deployed')).toEqual([guid])
  expect(await guidsOf('--state', 'failed')).toEqual([])
  await lab.run(['archive', project])
  expect(await guidsOf()).toEqual([guid])
  expect(await guidsOf('--all')).toEqual([guid, project])
  const refused = await lab.run(['list', '--state', 'happy'])
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toContain('awaiting_approval')
  const { stdout } = await lab.run(['list', '--all'])
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^4f9018537163 .*deployed.*http:/),
    expect.stringMatching(/^bbc815049b4b .*stopped.*todo.*\(archived\)$/),
  ])
  const { sessions } = await lab.json<{ sessions: Record<string, unknown>[] }>(['list'])
  for (const key of [
    'state',
    'url',
    'verified',
    'alive',
    'agent',
    'target',
    'project',
    'created_at',
  ])
    expect(sessions[0]).toHaveProperty(key)
  expect(sessions[0]).not.toHaveProperty('email')
})

it.runIf(isFull)('a GUID may be cut to 4 digits where that names one session', async () => {
  const lab = openCliLab()
  await deployFirst(lab)
  const codeOf = async (text: string) => (await lab.run(['status', text])).code
  const twin = `4f90${'0'.repeat(60)}`
  expect(await Promise.all(['4f90', short, guid].map(codeOf))).toEqual([0, 0, 0])
  const wrong = ['4f9', '', guid.toUpperCase(), '4F90', '4f9g', `${guid}0`, '-x', ' 4f90', '*']
  for (const text of wrong) expect([text, await codeOf(text)]).toEqual([text, 2])
  expect(await Promise.all(['4f91', '5f90', '0000'].map(codeOf))).toEqual([4, 4, 4])

  insertSession(lab, twin)
  for (const args of [['status'], ['stop'], ['archive'], ['refine'], ['logs'], ['events']]) {
    const refused = await lab.run([...args, '4f90'], { stdin: 'x' })
    expect([args, refused.code, refused.stdout]).toEqual([args, 2, ''])
    expect(refused.stderr).toContain(guid)
    expect(refused.stderr).toContain(twin)
  }
  expect(await codeOf('4f900')).toBe(0)
  // Active ones first: an archived twin is in nobody's way.
  expect((await lab.run(['archive', twin])).code).toBe(0)
  expect(await lab.json(['status', '4f90'])).toMatchObject({ guid })
  expect(await lab.json(['status', '4f900'])).toMatchObject({ guid: twin, archived: true })
  await lab.run(['archive', guid])
  expect(await codeOf('4f90')).toBe(2)
  expect(await lab.json(['status', '4f9'])).toMatchObject({ type: 'error', exit_code: 2 })
  expect(await lab.json(['status', 'abcd'])).toMatchObject({ type: 'error', exit_code: 4 })
})

describe('attach', () => {
  it('shows the agent’s pane in a terminal until it is left', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const { program } = await import('../support/cli-lab.ts')
    const outer = (...args: string[]) => lab.tmux('-L', 'outer', '-f', '/dev/null', ...args)
    const env = Object.entries(lab.env).map(([name, value]) => `${name}=${value}`)
    await outer(
      ...['new-session', '-d', '-x', '120', '-y', '40', '-s', 'terminal'],
      ...['env', ...env, 'sh', '-c', '"$@"; echo "code=$?"; sleep 600', 'sh'],
      ...[process.execPath, program, 'attach', short],
    )
    const screen = () => outer('capture-pane', '-p', '-t', '=terminal:')
    await waitFor('the agent’s words', async () => (await screen()).includes('Deployed: http'))
    const clients = await lab.tmux('list-clients', '-F', '#{session_name}')
    expect(clients).toBe(sessionName(guid))
    await outer('send-keys', '-t', '=terminal:', 'C-b', 'd')
    await waitFor('its end', async () => (await screen()).includes('code=0'))
    expect(isWindowAlive(lab, 'agent')).toBe(true)
    await outer('kill-server')
  })

  it('without a terminal, or a session, it is refused in a sentence', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const refused = await lab.run(['attach', guid])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('tmux-builder logs')
  })
})

describe('logs', () => {
  it('are text without codes, and -f follows', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const { code, stdout } = await lab.run(['logs', guid])
    expect(code).toBe(0)
    expect(stdout).toMatch(/demo agent of tmux-builder/)
    expect(stdout).toMatch(/● Phase 3: deployment\n/)
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]/)
    const following = lab.start(['logs', guid, '-f'])
    await waitFor('the past', () => following.said().includes('Phase 4'))
    await lab.run(registerArgs({}, '--rebuild'))
    await waitFor('the present', () => following.said().split('Phase 4').length === 3)
    following.kill('SIGTERM')
    expect((await following.done).code).toBe(143)
  })

  it('of an agent that never spoke are empty', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    insertSession(lab, 'abcd'.repeat(16))
    expect(await lab.run(['logs', 'abcd'])).toMatchObject({ code: 0, stdout: '' })
  })
})
