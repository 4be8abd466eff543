import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import {
  buildsOf,
  countOf,
  expectGapless,
  fetchPage,
  findWindowProcesses,
  journalOf,
  registerArgs,
  rowsOf,
  stateOf,
  typesOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, parseLines, program, waitFor } from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'

const resultKeys = [
  'exit_code',
  'guid',
  'proof',
  'reason',
  'state',
  'type',
  'url',
  'verified',
  'warnings',
  'build',
].sort()

test('--detach returns when a supervisor has the build, which then ends by itself', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ pace: 30 }, '--detach'))
  // Looked up before anything else can happen.
  const supervisors = findWindowProcesses(lab, 'supervisor', 'supervise')
  const [session] = rowsOf<{ supervisor_process: string }>(
    lab,
    'SELECT supervisor_process FROM sessions',
  )
  const lock = new DatabaseSync(join(lab.folderOf(guid), 'supervisor.lock'), { timeout: 0 })
  expect(() => lock.exec('BEGIN EXCLUSIVE')).toThrow(/locked/)
  lock.close()
  expect(done).toMatchObject({ code: 0, stdout: `${guid}\n` })
  expect(supervisors).toContain(JSON.parse(session?.supervisor_process ?? '{}').pid)
  await waitForState(lab, 'deployed')
  const [build] = buildsOf(lab)
  expect((await fetchPage(build?.url ?? '')).status).toBe(200)
})

test.runIf(isFull)('--detach --json ends with the result as it is', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ pace: 30 }, '--detach', '--json'))
  const lines = parseLines(done.stdout)
  expect(lines.at(-1)).toMatchObject({ type: 'result', guid, build: 1, url: null, exit_code: 0 })
  expect(Object.keys(lines.at(-1) ?? {}).sort()).toEqual(resultKeys)
  await waitForState(lab, 'deployed')
})

test('stdout carries the result alone; without a terminal stderr is plain lines', async () => {
  const lab = openCliLab()
  for (const env of [{}, { FORCE_COLOR: '1' }, { CI: '1' }]) {
    const done = await lab.run(registerArgs({}, '--rebuild'), {
      env: env as Record<string, string>,
    })
    expect(done.code).toBe(0)
    expect(done.stdout).toMatch(urlPattern)
    expect(done.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/)
    const lines = done.stderr.trimEnd().split('\n')
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d \S/)
    const events = (await journalOf(lab)).filter((event) => event.build === buildsOf(lab).length)
    expect(lines).toHaveLength(events.length)
  }
})

test('--json replays the events verbatim from the first, and ends with the result', async () => {
  const lab = openCliLab()
  const first = lab.start(registerArgs({ pace: 30 }, '--json'))
  await waitForState(lab, 'implementing')
  const joined = await lab.run(registerArgs({ pace: 30 }, '--json'))
  const done = await first.done
  const journal = (await lab.run(['events', guid, '--json'])).stdout
  for (const { code, stdout } of [done, joined]) {
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    const result = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>
    expect(`${lines.slice(0, -1).join('\n')}\n`).toBe(journal)
    expect(Object.keys(result).sort()).toEqual(resultKeys)
    expect(result).toEqual({
      type: 'result',
      guid,
      build: 1,
      state: 'deployed',
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
      verified: true,
      proof: null,
      reason: null,
      warnings: [],
      exit_code: 0,
    })
  }
  const events = parseLines<{ seq: number; type: string; at: string; build: number }>(journal)
  expectGapless(events as never)
  expect(events[0]?.type).toBe('registered')
  expect(events.at(-1)?.type).toBe('deployed')
  for (const event of events) expect(event.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  // Nothing of the identity.
  expect(journal).not.toMatch(/test@example\.com|15551234567/)
})

test.runIf(isFull)('a journal of thousands of events is replayed whole', async () => {
  const lab = openCliLab()
  await lab.run(registerArgs({ pace: 60 }, '--detach'))
  await waitForState(lab, 'implementing')
  // As an agent that reports without pause would fill it.
  const db = new DatabaseSync(join(lab.home, 'tmux-builder.db'), { timeout: 10_000 })
  db.exec(`BEGIN IMMEDIATE;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
    INSERT INTO events (guid, seq, at, build, attempt, type, data)
      SELECT guid, last_seq + i, updated_at, 1, 1, 'status_invalid', '{"problem":"empty"}' FROM n, sessions;
    UPDATE sessions SET last_seq = last_seq + 2500; COMMIT`)
  db.close()
  const joined = await lab.run(registerArgs({}, '--json'))
  const reported = await lab.run(registerArgs({}, '--json'))
  const journal = await journalOf(lab)
  expect(journal.length).toBeGreaterThan(2_500)
  for (const { stdout } of [joined, reported])
    expect(
      parseLines(stdout)
        .slice(0, -1)
        .map((event) => event.seq),
    ).toEqual(journal.map((event) => event.seq))
})

test('--json of a failed build ends with the result, not with an error', async () => {
  const lab = openCliLab()
  const done = await lab.run(registerArgs({ scenario: 'die' }, '--max-attempts', '1', '--json'))
  expect(done.code).toBe(1)
  const lines = parseLines(done.stdout)
  expect(lines.filter((line) => line.type === 'error')).toEqual([])
  expect(lines.at(-1)).toMatchObject({
    type: 'result',
    state: 'failed',
    url: null,
    verified: false,
    reason: 'agent_exited',
    exit_code: 1,
  })
})

test('exit 5 without tmux, with one object on stdout for --json', async () => {
  const lab = openCliLab()
  const env = { PATH: lab.root }
  const plain = await lab.run(registerArgs(), { env })
  expect(plain).toMatchObject({ code: 5, stdout: '' })
  expect(plain.stderr).toContain('tmux is not installed')
  const json = await lab.run(registerArgs({}, '--json'), { env })
  expect(json.code).toBe(5)
  expect(JSON.parse(json.stdout)).toMatchObject({ type: 'error', code: 'not_ready', exit_code: 5 })
  expect(buildsOf(lab)).toEqual([])
})

test('--timeout belongs to the build: failed, reason timeout, exit 124', async () => {
  const lab = openCliLab()
  const startedAt = Date.now()
  const done = await lab.run(registerArgs({ scenario: 'hang' }, '--timeout', '3s', '--json'))
  expect(done.code).toBe(124)
  expect(Date.now() - startedAt).toBeLessThan(15_000)
  expect(parseLines(done.stdout).at(-1)).toMatchObject({
    type: 'result',
    state: 'failed',
    reason: 'timeout',
    exit_code: 124,
  })
  // After a failed build its agent is gone.
  expect(findWindowProcesses(lab, 'agent', 'demo.js')).toEqual([])
})

test.runIf(isFull)(
  '--timeout of a build whose starter has gone is kept by the supervisor',
  async () => {
    const lab = openCliLab()
    await lab.run(registerArgs({ scenario: 'hang' }, '--timeout', '2s', '--detach'))
    await waitForState(lab, 'failed')
    expect(buildsOf(lab)).toMatchObject([{ state: 'failed', reason: 'timeout' }])
  },
)

test.runIf(isFull)(
  '--timeout of a joiner limits its own waiting: exit 124, and the build goes on',
  async () => {
    const lab = openCliLab()
    const first = lab.start(registerArgs({ pace: 300 }))
    await waitForEvent(lab, 'prompt_delivered')
    const joiner = await lab.run(registerArgs({ pace: 300 }, '--timeout', '1s'))
    expect(joiner).toMatchObject({ code: 124, stdout: '' })
    expect(joiner.stderr).toContain('--watch')
    const json = await lab.run(registerArgs({ pace: 300 }, '--timeout', '1s', '--json'))
    expect(json.code).toBe(124)
    expect(parseLines(json.stdout).at(-1)).toMatchObject({ type: 'result', exit_code: 124 })
    expect(await first.done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }])
  },
)

test.each(
  few(1, [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const),
)('%s while watching: exit %i, how to come back, and the build goes on', async (signal, code) => {
  const lab = openCliLab()
  const running = lab.start(registerArgs({ pace: 150 }))
  await waitForEvent(lab, 'prompt_delivered')
  running.kill(signal)
  const done = await running.done
  expect(done).toMatchObject({ code, signal: null, stdout: '' })
  expect(done.stderr.trimEnd().split('\n').at(-1)).toMatch(
    /the build goes on .*tmux-builder status 4f90\w* --watch$/,
  )
  const json = lab.start(registerArgs({}, '--json'))
  // Its first line is out: from there on it is watching.
  await waitFor('its first line', () => json.said().includes('\n'))
  json.kill(signal)
  const joined = await json.done
  expect(joined.code).toBe(code)
  expect(parseLines(joined.stdout).at(-1)).toMatchObject({ type: 'result', exit_code: code })
  const watched = await lab.run(['status', guid, '--watch'])
  expect(watched).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  expect(buildsOf(lab)).toMatchObject([{ state: 'deployed' }])
})

test.runIf(isFull)(
  'a signal at any moment of the start leaves either nothing or a build that is handed over',
  async () => {
    for (let afterMs = 40; afterMs <= 640; afterMs += 60) {
      const lab = openCliLab()
      const running = lab.start(registerArgs({ pace: 10 }))
      await new Promise((settle) => setTimeout(settle, afterMs))
      running.kill('SIGINT')
      const done = await running.done
      if (buildsOf(lab).length === 0) {
        // Before Node has our handler the signal itself ends it.
        expect(done.code === 130 || done.signal === 'SIGINT').toBe(true)
        expect(stateOf(lab)).toBe(undefined)
      } else {
        expect(done.code).toBe(130)
        expect(done.stderr).toContain('the build goes on')
        await waitForState(lab, 'deployed')
        expect(countOf(await journalOf(lab), 'registered')).toBe(1)
      }
      await lab.close()
    }
  },
)

test('a reader that closes the pipe early does not end the build', async () => {
  const lab = openCliLab()
  const child = spawn(process.execPath, [program, ...registerArgs({ pace: 20 }, '--json')], {
    env: lab.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.once('data', () => child.stdout.destroy())
  child.stderr.destroy()
  const code = await new Promise((settle) => child.on('exit', settle))
  expect(code).toBe(0)
  expect(stateOf(lab)).toBe('deployed')
})

/** Runs the program in a terminal of its own (util-linux `script`): both streams, as they were written. */
async function inTerminal(
  lab: CliLab,
  args: readonly string[],
  env: Record<string, string>,
  size = 'stty cols 120 rows 40;',
) {
  const quoted = [process.execPath, program, ...args].map(
    (arg) => `'${arg.replaceAll("'", `'\\''`)}'`,
  )
  const child = spawn('script', ['-qefc', `${size} exec ${quoted.join(' ')}`, '/dev/null'], {
    env: { ...lab.env, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [output, code] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((settle) => child.on('exit', settle)),
  ])
  return { output, code }
}

const spinner = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/
const colour = /\x1b\[\d+m/

test('a terminal gets a spinner and colours', async () => {
  const lab = openCliLab()
  const { output, code } = await inTerminal(lab, registerArgs({ pace: 20 }), {})
  expect(code).toBe(0)
  expect(output).toMatch(spinner)
  expect(output).toMatch(colour)
  expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\r\n/)
  // The cursor that the spinner hides is there again.
  expect(output.lastIndexOf('\x1b[?25h')).toBeGreaterThan(output.lastIndexOf('\x1b[?25l'))
})

test.each(
  few(1, [
    ['NO_COLOR', '1'],
    ['CI', 'true'],
    ['TERM', 'dumb'],
  ]),
)('%s=%s: plain lines in a terminal too', async (name, value) => {
  const lab = openCliLab()
  const { output, code } = await inTerminal(lab, registerArgs(), { [name]: value })
  expect(code).toBe(0)
  expect(output).not.toMatch(spinner)
  expect(output).not.toMatch(colour)
  expect(output).toContain('build 1 registered')
})

test.runIf(isFull)('a terminal without a size gets plain lines', async () => {
  const lab = openCliLab()
  const { output, code } = await inTerminal(lab, registerArgs(), {}, 'stty cols 0 rows 0;')
  expect(code).toBe(0)
  expect(output).not.toMatch(spinner)
  expect(output).toContain('deployed')
})

test('in a terminal a question does not end the watching; without one it is exit 3', async () => {
  const lab = openCliLab()
  const watching = inTerminal(lab, registerArgs({ scenario: 'ask' }), {})
  await waitForState(lab, 'awaiting_approval')
  const elsewhere = await lab.run(registerArgs({ scenario: 'ask' }))
  expect(elsewhere).toMatchObject({ code: 3, stdout: '' })
  expect(elsewhere.stderr).toContain('tmux-builder answer')
  expect((await lab.run(['answer', guid, 'always dark'])).code).toBe(0)
  const { output, code } = await watching
  expect(code).toBe(0)
  expect(output).toContain('Should the app open in dark colours')
  expect(typesOf(await journalOf(lab)).at(-1)).toBe('deployed')
})
