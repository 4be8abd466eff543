import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  type CliLab,
  demoFlags,
  guid,
  identityFlags,
  openCliLab,
  parseLines,
  waitFor,
} from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { findLeftovers } from '../support/leftovers.ts'

type Event = Record<string, unknown> & { type: string }

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())

const hostile = [
  '#{pane_id} #(touch RAN-1) #{l:x} #S %H %% \\; ; kill-server',
  '$(touch RAN-2) `touch RAN-3` && touch RAN-4 | touch RAN-5 > RAN-6',
  `'; touch RAN-7; ' "; touch RAN-8; " \${IFS} $HOME ~ * ? ! \\`,
  '{{user_request}} {{{guid}}} {{#if x}} </script><script>alert(1)</script>',
  '-rf --help /exit \u001b[201~ \u001b]0;title\u0007 \u009b31m',
].join('\n')

test('a request, a home and a folder name that any shell, tmux or template would act on: bytes, nothing else', async () => {
  const subfolder = '#(touch RAN-a) $(touch RAN-b) `touch RAN-c` ;touch RAN-d; #{pane_id} %H \'"'
  const lab = openCliLab({ subfolder })
  const folder = join(lab.root, subfolder)
  writeFileSync(join(folder, 'request.md'), hostile)
  const done = await lab.run([
    'register',
    ...identityFlags,
    ...demoFlags(),
    '--request-file',
    'request.md',
  ])
  expect(done, done.stderr).toMatchObject({ code: 0 })
  expect(readFileSync(join(lab.folderOf(guid), 'prompts/001-request.md'), 'utf8')).toBe(hostile)
  expect((await lab.json<{ request: string }>(['status', guid])).request).toBe(hostile)
  const refined = await lab.run(['refine', guid, ...demoFlags(), '--request', hostile])
  expect(refined, refined.stderr).toMatchObject({ code: 0 })
  await lab.run(['stop', guid])
  expect(filesBelow(lab.root).filter((path) => /\/RAN-[^/]*$/.test(path))).toEqual([])
  expect(readdirSync(lab.root).filter((name) => name.startsWith('RAN'))).toEqual([])
})

const secrets = {
  ANTHROPIC_API_KEY: 'sk-ant-api03-secretsecretsecret',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMIsecret',
  MY_TOKEN: 'tok-ownsecret',
}
const identity = {
  TMUX_BUILDER_EMAIL: 'ida.secret@example.com',
  TMUX_BUILDER_PHONE: '+15557654321',
}

test('identity and keys are in no argv, title, tmux name or option, log line; keys in no file after the end', async () => {
  const lab = openCliLab()
  const words = [...Object.values(secrets), ...Object.values(identity), '5557654321']
  const found: string[] = []
  const look = (where: string, text: string) => {
    for (const word of words) if (text.includes(word)) found.push(`${where}: ${word}`)
  }
  const register = lab.start(
    [
      'register',
      ...demoFlags(),
      '--agent-option',
      'pace=100',
      '--agent-env',
      'MY_TOKEN',
      '--request',
      'Build a todo app',
    ],
    { env: { ...secrets, ...identity } },
  )
  let isDone = false
  void register.done.then(() => {
    isDone = true
  })
  let samples = 0
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  }
  while (!isDone) {
    for (const { pid, commandLine } of findLeftovers(lab.root)) {
      look(`argv of ${pid}`, commandLine)
      look(`title of ${pid}`, read(`/proc/${pid}/comm`))
      // Only the agent may see keys; only the command itself was given the identity.
      if (/ (supervise|preview) |^tmux /.test(`${commandLine} `) && pid !== register.pid)
        look(`environment of ${commandLine}`, read(`/proc/${pid}/environ`))
    }
    for (const args of [
      [
        'list-panes',
        '-a',
        '-F',
        '#{session_name} #{window_name} #{pane_title} #{pane_start_command} #{pane_start_path} #{pane_current_command}',
      ],
      ['show-options', '-g'],
      ['show-environment', '-g'],
      ['list-buffers'],
      ...(samples > 2
        ? [
            [
              'show-options',
              '-t',
              `=${(await lab.tmux('list-sessions', '-F', '#{session_name}').catch(() => 'x')).split('\n')[0]}:`,
            ],
          ]
        : []),
    ])
      look(`tmux ${args[0]}`, await lab.tmux(...args).catch(() => ''))
    samples++
  }
  const done = await register.done
  expect(done, done.stderr).toMatchObject({ code: 0 })
  expect(samples).toBeGreaterThan(3)
  look('stdout', done.stdout)
  look('stderr', done.stderr)
  const [session = ''] = readdirSync(join(lab.home, 'sessions')).filter(
    (name) => !name.startsWith('.'),
  )
  for (const args of [
    ['events', session, '--json'],
    ['status', session, '--json'],
    ['list', '--json'],
    ['logs', session],
  ])
    look(args.join(' '), (await lab.run(args)).stdout)
  for (const file of filesBelow(join(lab.folderOf(session), 'logs'))) look(file, read(file))
  expect(found).toEqual([])
  // The agent’s environment was a file; it went with the build, and so did what launched the agent.
  const keys = Object.values(secrets)
  expect(
    filesBelow(lab.home).filter((file) =>
      keys.some((key) => readFileSync(file, 'latin1').includes(key)),
    ),
  ).toEqual([])
  // Shown only on request.
  const shown = await lab.json<Record<string, unknown>>(['status', session, '--show-identity'])
  expect(shown).toMatchObject({
    email: identity.TMUX_BUILDER_EMAIL,
    phone: identity.TMUX_BUILDER_PHONE,
  })
})

/** A build whose agent has fallen silent while it implements, and what its journal says. */
async function openSilentBuild(flags: readonly string[] = []) {
  const lab = openCliLab()
  const detached = await lab.run([
    'register',
    ...identityFlags,
    ...demoFlags('hang'),
    ...flags,
    '--request',
    'Build a todo app',
    '--detach',
  ])
  expect(detached.code).toBe(0)
  const events = async () => parseLines<Event>((await lab.run(['events', guid, '--json'])).stdout)
  await waitFor('an agent that implements', async () =>
    (await events()).some((event) => event.status === 'implementing'),
  )
  const workspace = join(lab.folderOf(guid), 'workspace')
  // As agents should: whole, in one step.
  const put = (name: string, content: string | Uint8Array) => {
    const file = join(workspace, name)
    rmSync(file, { recursive: true, force: true })
    writeFileSync(`${file}.new`, content)
    renameSync(`${file}.new`, file)
  }
  return { lab, events, workspace, put }
}

const report = (fields: string) =>
  `{"status":"implementing","phase":2,"progress":50,"message":"m",${fields}}`
const control = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/

/** All that a person is shown of the session holds nothing that acts on a terminal. */
async function expectPlain(lab: CliLab) {
  for (const args of [
    ['status', guid],
    ['events', guid],
    ['list'],
    ['logs', guid],
    ['status', guid, '--watch', '--timeout', '1s'],
  ]) {
    const { stdout, stderr } = await lab.run(args)
    expect(control.test(stdout + stderr), args.join(' ')).toBe(false)
  }
}

test.runIf(isFull)(
  'whatever stands in status.json: the build and its last good report go on, each problem is told once',
  async () => {
    const { lab, events, workspace, put } = await openSilentBuild()
    const file = join(workspace, 'status.json')
    const clear = () => rmSync(file, { recursive: true, force: true })
    const good = '{"status":"implementing","phase":2,"progress":41,"message":"the last good one"}'
    put('status.json', good)
    await waitFor(
      'the good report',
      async () => (await events()).at(-1)?.message === 'the last good one',
    )
    const attacks: Record<string, [act: () => void, problem: RegExp]> = {
      link: [
        () => {
          clear()
          symlinkSync('/etc/passwd', file)
        },
        /a link/,
      ],
      pipe: [
        () => {
          clear()
          execFileSync('mkfifo', [file])
        },
        /not a regular file/,
      ],
      device: [
        () => {
          clear()
          symlinkSync('/dev/zero', file)
        },
        /a link/,
      ],
      huge: [
        () => put('status.json', `{"message":"${'x'.repeat(2 * 1024 * 1024)}"}`),
        /larger than/,
      ],
      folder: [
        () => {
          clear()
          mkdirSync(file)
        },
        /not a regular file|EISDIR/,
      ],
      half: [() => put('status.json', '{"status":"deployed","deployment_url":"http'), /not JSON/],
      empty: [() => put('status.json', ''), /empty/],
      binary: [() => put('status.json', Buffer.from([0, 255, 254, 1, 2, 3])), /not JSON/],
      deep: [
        () => put('status.json', report(`"x":${'['.repeat(400_000)}${']'.repeat(400_000)}`)),
        /nested too deeply/,
      ],
      list: [() => put('status.json', '[1]'), /./],
      'deep objects': [
        () => put('status.json', `${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}`),
        /nested too deeply/,
      ],
      'quoted a megabyte': [
        () =>
          put(
            'status.json',
            `{"status":"${'y'.repeat(900_000)}","phase":2,"progress":1,"message":""}`,
          ),
        /^status: .{1,310}$/s,
      ],
      'out of range': [
        () => put('status.json', report('"cost_estimate_monthly":-1')),
        /cost_estimate_monthly/,
      ],
      'infinite phase': [
        () => put('status.json', '{"status":"planning","phase":1e999,"progress":1,"message":""}'),
        /phase/,
      ],
    }
    for (const [name, [act, problem]] of Object.entries(attacks)) {
      const before = (await events()).length
      act()
      const told = await waitFor(name, async () =>
        (await events())
          .slice(before)
          .find((event) => event.type === 'status_invalid' && problem.test(String(event.problem))),
      )
      expect(told).toBeDefined()
      expect(await lab.json(['status', guid]), name).toMatchObject({
        state: 'implementing',
        progress: 41,
        report: { message: 'the last good one' },
      })
    }
    await new Promise((settle) => setTimeout(settle, 1500))
    const all = await events()
    expect(
      all.filter((event) => event.type === 'status_invalid' && event.problem === 'a link'),
    ).toHaveLength(1 + 1)
    expect(all.filter((event) => event.type === 'supervisor_started')).toHaveLength(1)
    await expectPlain(lab)
    await lab.run(['stop', guid])
  },
)

test.runIf(isFull)(
  'strange values in a good report: recorded once, kept whole, and of no effect on us',
  async () => {
    const { lab, events, put } = await openSilentBuild()
    const strange: Record<string, string> = {
      'negative zero': '{"status":"implementing","phase":2,"progress":-0,"message":"zero","x":-0}',
      'huge numbers': report('"x":123456789012345678901234567890,"y":1e400,"z":-1e400'),
      prototypes: report(
        '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":"x","a":{"__proto__":{"b":1}}',
      ),
      surrogates:
        '{"status":"implementing","phase":2,"progress":50,"message":"lone \\ud800 \\u0000 nul"}',
      'a key of a megabyte': report(`"${'k'.repeat(900_000)}":1`),
    }
    for (const [name, text] of Object.entries(strange)) {
      const before = (await events()).length
      put('status.json', text)
      await waitFor(name, async () => (await events()).length > before)
      await new Promise((settle) => setTimeout(settle, 1200))
      expect(
        (await events()).slice(before).map((event) => event.type),
        name,
      ).toEqual(['status'])
      expect(await lab.json(['status', guid]), name).toMatchObject({ state: 'implementing' })
    }
    expect((await events()).filter((event) => event.type === 'supervisor_started')).toHaveLength(1)
    await expectPlain(lab)
  },
)

const evil = '\\u001b]0;owned\\u0007\\u001b[2J\\u001b[31m\\u009b31m\\r\\nfake line\\u0000\\u007f'

test('control characters of an agent never reach a terminal', async () => {
  const { lab, events, put } = await openSilentBuild()
  put(
    'status.json',
    `{"status":"implementing","phase":2,"progress":50,"message":"${evil}","error":"${evil}"}`,
  )
  await waitFor('the report', async () =>
    (await events()).some((event) => String(event.message).includes('owned')),
  )
  await expectPlain(lab)
  put(
    'clarifications.json',
    `{"questions":[{"id":"${evil}","question":"${evil}?","options":["${evil}"],"default":"${evil}"},{"id":"b","question":"b?"}]}`,
  )
  const watching = await lab.run(['status', guid, '--watch'])
  expect(watching.code).toBe(3)
  expect(watching.stderr).toContain('owned')
  expect(control.test(watching.stderr + watching.stdout)).toBe(false)
  await expectPlain(lab)
  const refused = await lab.run(['answer', guid, 'yes'])
  expect(refused.code).toBe(2)
  expect(control.test(refused.stderr)).toBe(false)
  // An argument cannot hold a NUL, and no shell is needed: the id as it is.
  expect((await lab.run(['answer', guid, '--question', 'b', 'yes'])).code).toBe(0)
})

test.runIf(isFull)('whatever stands in clarifications.json: no question, no harm', async () => {
  const { lab, events, workspace, put } = await openSilentBuild()
  const file = join(workspace, 'clarifications.json')
  const clear = () => rmSync(file, { recursive: true, force: true })
  const attacks: (() => void)[] = [
    () => {
      clear()
      symlinkSync('/etc/passwd', file)
    },
    () => {
      clear()
      execFileSync('mkfifo', [file])
    },
    () => {
      clear()
      mkdirSync(file)
    },
    () => put('clarifications.json', 'x'.repeat(2 * 1024 * 1024)),
    () => put('clarifications.json', `{"questions":${'['.repeat(400_000)}`),
    () =>
      put(
        'clarifications.json',
        `{"questions":[${Array.from({ length: 101 }, (_, n) => `{"id":"q${n}","question":"?"}`).join(',')}]}`,
      ),
    () => put('clarifications.json', '{"questions":[{"id":"","question":"?"}]}'),
    () => put('clarifications.json', '{"questions":{"__proto__":[]}}'),
  ]
  for (const act of attacks) {
    act()
    await new Promise((settle) => setTimeout(settle, 700))
  }
  const seen = await events()
  expect(seen.filter((event) => ['question', 'retry', 'failed'].includes(event.type))).toEqual([])
  expect(seen.filter((event) => event.type === 'supervisor_started')).toHaveLength(1)
  put(
    'clarifications.json',
    '{"questions":[{"id":"__proto__","question":"Which?","reason":"__proto__","cost_estimate_monthly":1e999}]}',
  )
  await waitFor('the question', async () =>
    (await events()).some((event) => event.type === 'question'),
  )
  expect(await lab.json(['status', guid])).toMatchObject({
    state: 'awaiting_approval',
    questions: [{ id: '__proto__', reason: 'other' }],
  })
  expect((await lab.run(['answer', guid, '$(touch x) #{pane_id}'])).code).toBe(0)
})

test.each([
  ['http://example.com/\\u001b[31mred', /^http:\/\/example\.com\/%1B\[31mred\n$/],
  ['javascript:alert(1)', /^$/],
  ['no address', /^$/],
])('--no-verify believes an address, not whatever text: %s', async (url, stdout) => {
  const lab = openCliLab()
  const running = lab.start([
    'register',
    ...identityFlags,
    ...demoFlags('hang'),
    '--no-verify',
    '--max-attempts',
    '1',
    '--request',
    'Build a todo app',
  ])
  await waitFor('the agent', async () =>
    (await lab.run(['events', guid])).stdout.includes('implementing'),
  )
  writeFileSync(
    join(lab.folderOf(guid), 'workspace/status.json'),
    `{"status":"deployed","phase":4,"progress":100,"message":"","deployment_url":"${url}"}`,
  )
  const done = await running.done
  expect(done.stdout).toMatch(stdout)
  expect(done.code).toBe(done.stdout === '' ? 7 : 0)
  if (done.code === 0) expect(done.stderr).toContain('not verified: --no-verify')
})
