import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  buildsOf,
  countOf,
  expectGapless,
  fetchPage,
  findWindowProcesses,
  journalOf,
  killNow,
  registerArgs,
  rowsOf,
  typesOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, parseLines, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'

const exact = `=tmux_builder_${guid}`

/** Builds the todo app to its end and returns its address. */
async function deployed(lab: CliLab, ...more: string[]): Promise<string> {
  const done = await lab.run(registerArgs({}, ...more))
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  return done.stdout
}

test('the same request while it runs joins: one build, both print its address', async () => {
  const lab = openCliLab()
  const first = lab.start(registerArgs({ pace: 60 }))
  await waitForEvent(lab, 'prompt_delivered')
  const second = await lab.run(registerArgs({ pace: 60 }))
  const third = await lab.run(registerArgs({ pace: 60 }, '--detach'))
  const done = await first.done
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  expect(second).toMatchObject({ code: 0, stdout: done.stdout })
  expect(second.stderr).toMatch(/^Joining build 1, which is running\.\n/)
  // A joiner is told everything, from the first event on.
  expect(second.stderr).toContain('build 1 registered')
  expect(third).toMatchObject({ code: 0, stdout: `${guid}\n` })
  expect(buildsOf(lab)).toHaveLength(1)
})

test.runIf(isFull)(
  'a differing --agent-option is the same request; a differing --target is another',
  async () => {
    const lab = openCliLab()
    const first = lab.start(registerArgs({ pace: 60 }))
    await waitForEvent(lab, 'prompt_delivered')
    const joined = lab.start(registerArgs({ scenario: 'die', pace: 0 }))
    const other = await lab.run(registerArgs({}, '--target', 'aws'))
    expect(other).toMatchObject({ code: 6, stdout: '' })
    const done = await first.done
    expect(done.code).toBe(0)
    expect(await joined.done).toMatchObject({ code: 0, stdout: done.stdout })
    // Deployed: another target is a new build, a differing option is not.
    expect(await lab.run(registerArgs({ scenario: 'die' }))).toMatchObject({
      code: 0,
      stdout: done.stdout,
    })
    expect(buildsOf(lab)).toHaveLength(1)
    // A new build, which is not begun where AWS would not let it in.
    const aws = await lab.run(registerArgs({}, '--target', 'aws'))
    expect(aws).toMatchObject({ code: 5, stdout: '' })
    expect(aws.stderr).toContain('no AWS credentials')
    expect(buildsOf(lab)).toHaveLength(1)
    expect((await fetchPage(done.stdout.trim())).status).toBe(200)
  },
)

test.runIf(isFull)('a target from the environment is no explicit one', async () => {
  const lab = openCliLab()
  const url = await deployed(lab)
  const args = registerArgs().filter((arg) => arg !== '--target' && arg !== 'local')
  const env = { TMUX_BUILDER_TARGET: 'aws' }
  expect(await lab.run(args, { env })).toMatchObject({ code: 0, stdout: url })
  expect(buildsOf(lab)).toHaveLength(1)
})

test('another request while one runs: exit 6, naming what to do instead', async () => {
  const lab = openCliLab()
  const first = lab.start(registerArgs({ pace: 400 }))
  await waitForEvent(lab, 'prompt_delivered')
  for (const request of ['Build a poll', 'Build a todo app\n']) {
    const other = await lab.run(registerArgs({ request }))
    expect(other).toMatchObject({ code: 6, stdout: '' })
    for (const word of ['refine', 'stop', '--project']) expect(other.stderr).toContain(word)
  }
  const json = await lab.run(registerArgs({ request: 'Build a poll' }, '--json'))
  expect(json.code).toBe(6)
  expect(JSON.parse(json.stdout)).toMatchObject({ type: 'error', code: 'conflict', exit_code: 6 })
  // A session of its own is free.
  const own = await lab.run(registerArgs({ request: 'Build a poll' }, '--project', 'poll'))
  expect(own.code).toBe(0)
  expect((await first.done).code).toBe(0)
  expect(buildsOf(lab)).toHaveLength(1)
})

test('the same request when it is deployed is reported at once, without a new build', async () => {
  const lab = openCliLab()
  const url = await deployed(lab)
  const before = await journalOf(lab)
  const again = await lab.run(registerArgs())
  expect(again).toMatchObject({ code: 0, stdout: url })
  expect(await lab.run(registerArgs({}, '--detach'))).toMatchObject({
    code: 0,
    stdout: `${guid}\n`,
  })
  expect(await journalOf(lab)).toEqual(before)
  const json = await lab.run(registerArgs({}, '--json'))
  const lines = parseLines(json.stdout)
  expect(lines.slice(0, -1)).toEqual(before)
  expect(lines.at(-1)).toMatchObject({ type: 'result', build: 1, state: 'deployed', exit_code: 0 })
})

test.runIf(isFull)(
  'another request when one is deployed is a new build in the same session, at the same address',
  async () => {
    const lab = openCliLab()
    const url = await deployed(lab)
    const other = await lab.run(registerArgs({ request: 'Build a quiz about rivers' }))
    expect(other).toMatchObject({ code: 0, stdout: url })
    expect((await fetchPage(url.trim())).text).toContain('Build a quiz about rivers')
    const events = await journalOf(lab)
    expectGapless(events)
    expect(countOf(events, 'session_reused')).toBe(1)
    expect(countOf(events, 'agent_started')).toBe(1)
    // The first request again is not the latest one: it is built again.
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: url })
    expect(buildsOf(lab)).toHaveLength(3)
    expect((await fetchPage(url.trim())).text).toContain('Build a todo app')
  },
)

test('--rebuild builds what is deployed once more; while it runs it joins', async () => {
  const lab = openCliLab()
  const url = await deployed(lab)
  const again = lab.start(registerArgs({ pace: 40 }, '--rebuild'))
  await waitFor('a second build', () => buildsOf(lab).length === 2)
  const joined = await lab.run(registerArgs({ pace: 40 }, '--rebuild'))
  expect(joined).toMatchObject({ code: 0, stdout: url })
  expect(await again.done).toMatchObject({ code: 0, stdout: url })
  expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }, { state: 'deployed' }])
})

test.runIf(isFull)(
  'the preview was killed: the same request brings it back at the same port',
  async () => {
    const lab = openCliLab()
    const url = await deployed(lab)
    // Its loop brings a killed server back by itself …
    for (const pid of findWindowProcesses(lab, 'preview', 'preview')) killNow(pid)
    await waitFor('the preview', () => fetchPage(url.trim()).catch(() => undefined))
    // … so the whole window goes.
    const pane = await lab.tmux('list-panes', '-t', `${exact}:preview`, '-F', '#{pane_pid}')
    killNow(Number(pane))
    for (const pid of findWindowProcesses(lab, 'preview', 'preview')) killNow(pid)
    await expect(fetchPage(url.trim())).rejects.toThrow()
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: url })
    expect((await fetchPage(url.trim())).text).toContain('Build a todo app')
    await lab.tmux('kill-window', '-t', `${exact}:preview`)
    await waitFor('its end', () => findWindowProcesses(lab, 'preview', 'preview').length === 0)
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: url })
    expect(buildsOf(lab)).toHaveLength(1)
  },
)

test.runIf(isFull)(
  'the tmux server is gone: the same request restores session and preview, at the same port',
  async () => {
    const lab = openCliLab()
    const url = await deployed(lab)
    await lab.tmux('kill-server')
    expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: url })
    expect((await fetchPage(url.trim())).text).toContain('Build a todo app')
    expect(buildsOf(lab)).toHaveLength(1)
    // And a new build works there.
    const other = await lab.run(registerArgs({ request: 'Build a poll' }))
    expect(other).toMatchObject({ code: 0, stdout: url })
    expectGapless(await journalOf(lab))
  },
)

test.runIf(isFull)(
  'the port was taken meanwhile: a new address, and an event that says so',
  async () => {
    const lab = openCliLab()
    const url = await deployed(lab, '--verify-timeout', '2s')
    await lab.run(['stop', guid])
    const { createServer } = await import('node:http')
    const stranger = createServer((_request, response) => response.end('<h1>stranger</h1>'))
    await new Promise<void>((settle) =>
      stranger.listen(Number(new URL(url.trim()).port), '127.0.0.1', settle),
    )
    try {
      const again = await lab.run(registerArgs())
      expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
      expect(again.stdout).not.toBe(url)
      expect((await fetchPage(again.stdout.trim())).text).toContain('Build a todo app')
      expect(countOf(await journalOf(lab), 'preview_started')).toBe(2)
    } finally {
      stranger.close()
    }
  },
)

test('the site is damaged, so the address is not live any more: a new build', async () => {
  const lab = openCliLab()
  const url = await deployed(lab, '--verify-timeout', '2s')
  for (const damage of [
    () => rmSync(join(lab.folderOf(guid), 'site', '1', 'index.html')),
    () => rmSync(join(lab.folderOf(guid), 'site'), { recursive: true }),
  ]) {
    damage()
    const again = await lab.run(registerArgs({}, '--verify-timeout', '2s'))
    expect(again.stderr).toContain('deployed')
    expect(again).toMatchObject({ code: 0, stdout: url })
    expect((await fetchPage(url.trim())).text).toContain('Build a todo app')
  }
  expect(buildsOf(lab)).toHaveLength(3)
})

test.runIf(isFull)('an archived session is restored first', async () => {
  const lab = openCliLab()
  const url = await deployed(lab)
  expect((await lab.run(['archive', guid])).code).toBe(0)
  await expect(fetchPage(url.trim())).rejects.toThrow()
  expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: url })
  expect((await fetchPage(url.trim())).status).toBe(200)
  expect((await lab.run(['archive', guid])).code).toBe(0)
  const other = await lab.run(registerArgs({ request: 'Build a poll' }))
  expect(other).toMatchObject({ code: 0, stdout: url })
  const events = await journalOf(lab)
  expect(countOf(events, 'restored')).toBe(2)
  expectGapless(events)
  expect(rowsOf(lab, 'SELECT archived_at FROM sessions')).toEqual([{ archived_at: null }])
})

test.runIf(isFull)(
  'a failed or stopped build is followed by a new one in the same session',
  async () => {
    const lab = openCliLab()
    const failed = await lab.run(registerArgs({ scenario: 'die' }, '--max-attempts', '1'))
    expect(failed).toMatchObject({ code: 1, stdout: '' })
    const running = lab.start(registerArgs({ pace: 60 }))
    await waitForState(lab, 'implementing')
    expect((await lab.run(['stop', guid])).code).toBe(0)
    expect(await running.done).toMatchObject({ code: 1, stdout: '' })
    const done = await lab.run(registerArgs())
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    expect(buildsOf(lab)).toMatchObject([
      { state: 'failed', reason: 'agent_exited' },
      { state: 'stopped', reason: 'stopped' },
      { state: 'deployed', reason: null },
    ])
    expectGapless(await journalOf(lab))
  },
)

test('stop keeps the state of an ended build; the same request then brings the preview back', async () => {
  const lab = openCliLab()
  const url = await deployed(lab)
  await lab.run(['stop', guid])
  await expect(fetchPage(url.trim())).rejects.toThrow()
  expect(await lab.run(registerArgs())).toMatchObject({ code: 0, stdout: url })
  expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }])
})

test.runIf(isFull)('a tmux session of another home is a conflict, and is left alone', async () => {
  const lab = openCliLab()
  const home = join(lab.root, 'other')
  const other = await lab.run(registerArgs(), { env: { TMUX_BUILDER_HOME: home } })
  expect(other.code).toBe(0)
  const here = await lab.run(registerArgs())
  expect(here).toMatchObject({ code: 6, stdout: '' })
  expect(here.stderr).toContain(home)
  expect((await fetchPage(other.stdout.trim())).status).toBe(200)
  expect(await lab.run(registerArgs(), { env: { TMUX_BUILDER_HOME: home } })).toMatchObject({
    code: 0,
    stdout: other.stdout,
  })
})

test('an open question does not make another request welcome', async () => {
  const lab = openCliLab()
  expect((await lab.run(registerArgs({ scenario: 'ask' }))).code).toBe(3)
  expect((await lab.run(registerArgs({ request: 'Build a poll' }))).code).toBe(6)
  // The same one joins, and leaves at the same question.
  expect((await lab.run(registerArgs({ scenario: 'ask' }))).code).toBe(3)
  expect((await lab.run(['answer', guid, 'always dark'])).code).toBe(0)
  expect(await lab.run(registerArgs({ scenario: 'ask' }))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(urlPattern),
  })
  expect(buildsOf(lab)).toHaveLength(1)
})

test.runIf(isFull)(
  'a build whose supervisor is gone counts as running; joining starts it',
  async () => {
    const lab = openCliLab()
    await lab.run(registerArgs({ pace: 100 }, '--detach'))
    await waitForEvent(lab, 'prompt_delivered')
    const pane = await lab.tmux('list-panes', '-t', `${exact}:supervisor`, '-F', '#{pane_pid}')
    killNow(Number(pane))
    for (const pid of findWindowProcesses(lab, 'supervisor', 'supervise')) killNow(pid)
    expect((await lab.run(registerArgs({ request: 'Build a poll' }))).code).toBe(6)
    const startedAt = Date.now()
    const joined = await lab.run(registerArgs())
    expect(joined).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    expect(Date.now() - startedAt).toBeGreaterThan(9_000)
    const events = await journalOf(lab)
    expectGapless(events)
    expect(countOf(events, 'prompt_delivered')).toBe(1)
    expect(countOf(events, 'agent_started')).toBe(1)
    expect(typesOf(events).at(-1)).toBe('deployed')
  },
)
