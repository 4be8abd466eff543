import { execFileSync } from 'node:child_process'
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findSessionProcesses } from '../../src/session/processes.ts'
import {
  buildsOf,
  countOf,
  expectGapless,
  fetchPage,
  findWindowProcesses,
  journalOf,
  killNow,
  registerArgs,
  stateOf,
  urlPattern,
} from '../support/builds.ts'
import { guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { deployFirst, pidOf } from '../support/sessions.ts'

test.runIf(isFull)(
  'kill -9 of what the agent starts, and of the preview, at any time: attempts are spent, never the build',
  async () => {
    const lab = openCliLab()
    const register = lab.start(registerArgs({ pace: 50 }, '--max-attempts', '4'))
    const isOver = () => ['deployed', 'failed'].includes(stateOf(lab) ?? '')
    const killed = { children: 0, previews: 0 }
    await waitFor('the end', () => {
      const agent = stateOf(lab) === undefined ? 0 : pidOf(lab, 'agent')
      const children = findSessionProcesses({ guid, home: lab.home, window: 'agent' }, [])
        .filter(({ parent }) => agent > 0 && parent === agent)
        .slice(0, 1)
      // Fewer than there are attempts.
      for (const { pid } of killed.children < 3 ? children : []) if (killNow(pid)) killed.children++
      for (const pid of killed.previews < 4 ? findWindowProcesses(lab, 'preview', 'preview') : [])
        if (killNow(pid)) killed.previews++
      return isOver()
    })
    const done = await register.done
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    expect(killed.children).toBeGreaterThan(0)
    expect(killed.previews).toBeGreaterThan(0)
    const url = done.stdout.trim()
    await waitFor(
      'the page',
      async () => (await fetchPage(url).catch(() => undefined))?.status === 200,
    )
    const events = await journalOf(lab)
    expectGapless(events)
    expect(countOf(events, 'deployed')).toBe(1)
  },
)

test.runIf(isFull)(
  'whatever stands where the skills go, a link or a pipe: replaced, never followed, and nothing waits for it',
  async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const outside = join(lab.root, 'outside')
    mkdirSync(outside)
    const skills = join(lab.folderOf(guid), 'workspace', '.demo', 'skills')
    const [first = '', second = ''] = readdirSync(skills)
    const text = readFileSync(join(skills, first, 'SKILL.md'), 'utf8')
    const rebuild = async () => {
      expect((await lab.run(registerArgs({}, '--rebuild'))).code).toBe(0)
      expect(readdirSync(outside)).toEqual([])
      expect(readFileSync(join(skills, first, 'SKILL.md'), 'utf8')).toBe(text)
      for (const path of [skills, join(skills, first), join(skills, second)])
        expect(lstatSync(path).isDirectory(), path).toBe(true)
    }
    rmSync(skills, { recursive: true })
    symlinkSync(outside, skills)
    await rebuild()
    rmSync(join(skills, first, 'SKILL.md'))
    execFileSync('mkfifo', [join(skills, first, 'SKILL.md')])
    rmSync(join(skills, second), { recursive: true })
    symlinkSync(outside, join(skills, second))
    await rebuild()
    expect(buildsOf(lab).map(({ state }) => state)).toEqual(['deployed', 'deployed', 'deployed'])
  },
)

test('what changes without a build has its event too, and lines for people say why', async () => {
  const lab = openCliLab()
  await deployFirst(lab)
  const failing = ['--agent-option', 'scenario=lie-about-url', '--max-attempts', '2']
  const refined = await lab.run(['refine', guid, '--request', 'Make it blue', ...failing])
  expect(refined.code).toBe(7)
  expect(refined.stderr).toMatch(
    /attempt 1 failed \(verification\): The claimed address .* could not be verified.*; attempt 2 follows/,
  )
  await waitFor('the switch back', async () =>
    (await journalOf(lab)).some(
      ({ type, release }) => type === 'release_switched' && release === 1,
    ),
  )
  expect(countOf(await journalOf(lab), 'release_switched')).toBe(1)
  const listed = await lab.run(['list', '--state', 'stopped'])
  expect(listed).toMatchObject({ code: 0, stdout: '' })
  expect(listed.stderr).toContain('No session matches')
  expect(
    (await lab.run(['list'], { env: { TMUX_BUILDER_HOME: join(lab.root, 'b') } })).stderr,
  ).toContain('No sessions yet')
})
