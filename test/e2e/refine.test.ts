import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  agentStarts,
  buildsOf,
  expectGapless,
  fetchPage,
  journalOf,
  killNow,
  promptsTaken,
  refineArgs,
  registerArgs,
  typesOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'
import {
  deployFirst,
  isWindowAlive,
  journalOfBuild,
  pidOf,
  sessionOf,
} from '../support/sessions.ts'

const red = 'Make the heading red'
const blue = 'Make the heading blue'
const withScenario = (scenario: string) => [
  ...['--agent-option', `scenario=${scenario}`],
  ...['--agent-option', 'pace=0', '--max-attempts', '1'],
]
const agentEvents = async (lab: CliLab) =>
  (await journalOf(lab))
    .filter((event) => event.type === 'agent_started')
    .map((event) => event.resumed)

describe('a refinement', () => {
  it('goes into the living conversation, and its page takes the place of the old one', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const before = await fetchPage(url)
    const agent = pidOf(lab, 'agent')
    const done = await lab.run(refineArgs(red))
    expect(done).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(pidOf(lab, 'agent')).toBe(agent)
    expect(agentStarts(lab)).toBe(1)
    expect(typesOf(await journalOfBuild(lab, 2))).toContain('session_reused')
    const [first, second] = promptsTaken(lab)
    expect(first).toContain('-autonomous_agent.md')
    expect(second).toContain('-refinement_mode.md')
    const prompts = join(lab.folderOf(guid), 'prompts')
    const prompt = readFileSync(join(prompts, '004-refinement_mode.md'), 'utf8')
    for (const part of [red, 'Build a todo app', url, guid]) expect(prompt).toContain(part)
    expect(readFileSync(join(prompts, '003-request.md'), 'utf8')).toBe(red)
    const after = await fetchPage(url)
    expect(after.status).toBe(200)
    expect(after.text).not.toBe(before.text)
    expectGapless(await journalOf(lab))
  })

  it.runIf(isFull)('resumes the conversation of an agent that died', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    killNow(pidOf(lab, 'agent'))
    await waitFor('the agent’s death', () => !isWindowAlive(lab, 'agent'))
    expect(await lab.run(refineArgs(red))).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(await agentEvents(lab)).toEqual([false, true])
    expect(promptsTaken(lab)).toHaveLength(2)
  })

  it.each(
    few(2, [
      ['stop', (lab: CliLab) => lab.run(['stop', guid])],
      ['kill-server', (lab: CliLab) => lab.tmux('kill-server')],
      ['archive', (lab: CliLab) => lab.run(['archive', guid])],
    ]),
  )(
    'after %s the session is made anew, the conversation resumed, the address kept',
    async (_name, end) => {
      const lab = openCliLab()
      const url = await deployFirst(lab)
      await end(lab)
      expect(await lab.run(refineArgs(red))).toMatchObject({ code: 0, stdout: `${url}\n` })
      expect(await agentEvents(lab)).toEqual([false, true])
      expect(sessionOf(lab).archived_at).toBeNull()
      expect(typesOf(await journalOfBuild(lab, 2))).toContain('session_created')
    },
  )

  it.runIf(isFull)('by another agent begins a conversation of its own', async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    const bin = join(lab.root, 'bin')
    mkdirSync(bin)
    writeFileSync(
      join(bin, 'claude'),
      `#!/bin/sh\nprintf '%s\\n' "$@" > '${lab.root}/argv'\nexit 3\n`,
    )
    chmodSync(join(bin, 'claude'), 0o755)
    const env = { PATH: `${bin}:${lab.env.PATH}` }
    const args = refineArgs(red, '--agent', 'claude', '--max-attempts', '1')
    expect((await lab.run(args, { env })).code).toBe(1)
    const argv = readFileSync(join(lab.root, 'argv'), 'utf8')
    const [first, second] = (await journalOf(lab))
      .filter((event) => event.type === 'agent_started')
      .map((event) => event.conversation)
    expect(argv).not.toContain('--resume')
    expect(argv).not.toContain(String(first))
    expect(second).not.toBe(first)
  })
})

describe('refused or joined', () => {
  it('a session that never deployed: exit 2 naming register', async () => {
    const lab = openCliLab()
    expect(
      (await lab.run(registerArgs({ scenario: 'lie-about-url' }, '--max-attempts', '1'))).code,
    ).toBe(7)
    // Without a word about the agent: the session knows it.
    const refused = await lab.run(refineArgs(red))
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('tmux-builder register')
    expect(buildsOf(lab)).toHaveLength(1)
  })

  it('while the register runs: exit 6', async () => {
    const lab = openCliLab()
    const first = lab.start(registerArgs({ scenario: 'hang' }))
    await waitForState(lab, 'implementing')
    expect(await lab.run(refineArgs(red))).toMatchObject({ code: 6, stdout: '' })
    await lab.run(['stop', guid])
    await first.done
  })

  it.runIf(isFull)(
    'the same, running, is joined; another conflicts; register conflicts',
    async () => {
      const lab = openCliLab()
      await deployFirst(lab)
      const first = lab.start(refineArgs(red, '--agent-option', 'pace=600'))
      await waitForEvent(lab, 'prompt_delivered', guid, 2)
      const same = lab.start(refineArgs(red))
      const others = await Promise.all([
        lab.run(refineArgs(blue)),
        lab.run(registerArgs()),
        lab.run(registerArgs({ request: 'Build a quiz' })),
        lab.run(['archive', guid]),
      ])
      expect(others.map((one) => one.code)).toEqual([6, 6, 6, 6])
      expect(others[0].stderr).toContain(`tmux-builder stop ${guid.slice(0, 12)}`)
      const [one, two] = await Promise.all([first.done, same.done])
      expect([one.code, two.code]).toEqual([0, 0])
      expect(two.stdout).toBe(one.stdout)
      expect(buildsOf(lab)).toHaveLength(2)
    },
  )

  it('the same as the latest deployed is reported; --rebuild repeats it', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    await lab.run(refineArgs(red))
    const again = await lab.run(refineArgs(red))
    expect(again).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(buildsOf(lab)).toHaveLength(2)
    const result = await lab.json(refineArgs(red))
    expect(result).toMatchObject({
      type: 'result',
      build: 2,
      state: 'deployed',
      verified: true,
      url,
    })
    expect(await lab.run(refineArgs(red, '--rebuild'))).toMatchObject({ code: 0 })
    expect(buildsOf(lab).map((build) => build.state)).toEqual(['deployed', 'deployed', 'deployed'])
    // The register's own request is what is live, too.
    expect((await lab.run(registerArgs())).stdout).toMatch(urlPattern)
    expect(buildsOf(lab)).toHaveLength(3)
  })
})

describe('a refinement that fails leaves what was live', () => {
  it.runIf(isFull)('when its address is a lie', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const before = await fetchPage(url)
    expect((await lab.run(refineArgs(red, ...withScenario('lie-about-url')))).code).toBe(7)
    expect(await fetchPage(url)).toEqual(before)
    // It does not count in any comparison.
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(buildsOf(lab)).toHaveLength(2)
    expect(existsSync(join(lab.folderOf(guid), 'site', '2'))).toBe(true)
  })

  it.runIf(isFull)('when its agent dies, in a session that had to be made anew', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const before = await fetchPage(url)
    expect((await lab.run(refineArgs(red, ...withScenario('die')))).code).toBe(1)
    expect(await fetchPage(url)).toEqual(before)
    const { alive } = await lab.json<{ alive: object }>(['status', guid])
    expect(alive).toEqual({ agent: false, supervisor: false, preview: true })
  })

  it.runIf(isFull)('when it was stopped after it had deployed', async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab)
    const before = await fetchPage(url)
    const refining = lab.start(refineArgs(red, ...withScenario('hang')))
    await waitForState(lab, 'implementing')
    // Its agent is silent: its part is played here.
    const site = join(lab.folderOf(guid), 'workspace', 'code', 'dist')
    writeFileSync(join(site, 'index.html'), '<!doctype html><title>half</title>')
    expect(await lab.run(['deploy', guid, '--dir', site])).toMatchObject({ stdout: `${url}\n` })
    expect((await fetchPage(url)).text).toContain('half')
    await lab.run(['stop', guid])
    expect((await refining.done).code).toBe(1)
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: `${url}\n` })
    expect(await fetchPage(url)).toEqual(before)
    expect(buildsOf(lab)).toHaveLength(2)
  })
})

it('what is live answers all the time, from one release to the next', async () => {
  const lab = openCliLab()
  const url = await deployFirst(lab)
  const refining = lab.start(refineArgs(red))
  let isOver = false
  const done = refining.done.finally(() => {
    isOver = true
  })
  const wrong: string[] = []
  for (let n = 0; !isOver; n++) {
    const answer = await fetchPage(url).catch((error: unknown) => ({
      status: 0,
      text: String(error),
    }))
    if (answer.status !== 200 || !answer.text.trimEnd().endsWith('</html>'))
      wrong.push(`${n}: ${answer.status} ${answer.text.slice(0, 80)}`)
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  expect((await done).code).toBe(0)
  expect(wrong).toEqual([])
})
