import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import {
  demoFlags,
  type Finished,
  follow,
  guid,
  identityFlags,
  openCliLab,
  program,
  waitFor,
} from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'
import { findWrongRefusals, refusalProblems } from '../support/refusal.ts'

const register = ['register', ...identityFlags, ...demoFlags(), '--request', 'Build a todo app']
const isRoot = process.getuid?.() === 0

const address = /^http:\/\/127\.0\.0\.1:\d+\/\n$/

function expectRefusal(finished: Finished, code: number, sentence: RegExp) {
  expect(refusalProblems(finished, code, sentence)).toEqual([])
}

// Homes.

test.each(
  few(1, [
    ['spaces, unicode and quotes', 'my süßes 家 "home" \'x\''],
    ['formats of tmux', '#{pane_id} #(touch x) #S %H %%'],
    // Without a backslash: Node itself imports no module from below such a folder, so the demo's tests could not run.
    ['what shells read', '$(touch x) `touch x` & | > < * ? ~ ! $HOME'],
    ['a semicolon at its end', 'a;'],
    ['a dash at its start', '-rf'],
  ]),
)('a home on a path with %s works', async (_, subfolder) => {
  const lab = openCliLab({ subfolder })
  const home = join(lab.root, subfolder)
  const env = { TMUX_BUILDER_HOME: home, HOME: home }
  const done = await lab.run(register, { env })
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
  expect((await lab.run(register, { env })).stdout).toBe(done.stdout)
  expect((await lab.run(['stop', guid], { env })).code).toBe(0)
  expect(existsSync(join(home, 'x'))).toBe(false)
})

test.runIf(isFull)(
  'a home that is given relative, below a link, or in folders that are not there yet works',
  async () => {
    const lab = openCliLab()
    const done = await lab.run(register, { env: { TMUX_BUILDER_HOME: 'a/b/../c' }, cwd: lab.root })
    expect(done.code).toBe(0)
    const at = join(lab.root, 'a/c')
    expect(existsSync(join(at, 'tmux-builder.db'))).toBe(true)
    expect((await lab.run(['status', guid], { env: { TMUX_BUILDER_HOME: at } })).code).toBe(0)
  },
)

test('a home whose path holds a line end is refused', async () => {
  const lab = openCliLab()
  const env = { TMUX_BUILDER_HOME: join(lab.root, 'a\nb') }
  expect(
    await findWrongRefusals(lab, [
      [register, 2, /control characters/, { env }],
      [['list'], 2, /control characters/, { env }],
    ]),
  ).toEqual([])
})

test('a home on a very long path works, and on one that is too long is refused', async () => {
  const lab = openCliLab()
  const long = join(lab.root, 'n'.repeat(200), 'n'.repeat(390 - lab.root.length - 202))
  const done = await lab.run(register, { env: { TMUX_BUILDER_HOME: long } })
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
  const tooLong = `${long}${'n'.repeat(20)}`
  expectRefusal(await lab.run(register, { env: { TMUX_BUILDER_HOME: tooLong } }), 5, /too long/)
})

test('a home that is a file, or below one, is refused', async () => {
  const lab = openCliLab()
  const file = join(lab.root, 'file')
  writeFileSync(file, 'mine')
  for (const home of [file, join(file, 'home')])
    for (const args of [register, ['list']])
      expectRefusal(await lab.run(args, { env: { TMUX_BUILDER_HOME: home } }), 5, /is not a folder/)
  expect(readFileSync(file, 'utf8')).toBe('mine')
})

test('a home where no folder can be made, whoever asks, is refused', async () => {
  const lab = openCliLab()
  for (const home of ['/proc/tmux-builder', '/proc/a/b'])
    expectRefusal(
      await lab.run(register, { env: { TMUX_BUILDER_HOME: home } }),
      5,
      /cannot be created/,
    )
})

test('a session folder that is a file is refused, and stays', async () => {
  const lab = openCliLab()
  mkdirSync(join(lab.home, 'sessions'), { recursive: true })
  writeFileSync(lab.folderOf(guid), 'mine')
  const done = await lab.run(register)
  expectRefusal(done, 5, /is not a folder/)
  expect(done.stderr).toContain(lab.folderOf(guid))
  expect(readFileSync(lab.folderOf(guid), 'utf8')).toBe('mine')
  rmSync(lab.folderOf(guid))
  expect((await lab.run(register)).code).toBe(0)
})

test.runIf(isFull)('a session folder of which parts were removed is made whole', async () => {
  const lab = openCliLab()
  expect((await lab.run(register)).code).toBe(0)
  await lab.run(['stop', guid])
  for (const name of ['prompts', 'agent', 'logs'])
    rmSync(join(lab.folderOf(guid), name), { recursive: true })
  const done = await lab.run([...register, '--rebuild'])
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
})

test.runIf(isRoot)(
  'a home that another user owns, or that cannot be written, is refused',
  async () => {
    const lab = openCliLab()
    chmodSync(lab.root, 0o755)
    chmodSync(join(lab.root, '..'), 0o755)
    chmodSync(join(lab.root, '../..'), 0o755)
    const foreign = join(lab.root, 'foreign')
    mkdirSync(foreign, { mode: 0o700 })
    const open = join(lab.root, 'open')
    mkdirSync(open, { mode: 0o755 })
    const asNobody = (args: readonly string[], home: string) =>
      runAs(lab.env, args, { TMUX_BUILDER_HOME: home, HOME: '/nonexistent' })
    expectRefusal(await asNobody(register, foreign), 5, /cannot be opened|cannot be written/)
    expectRefusal(await asNobody(register, open), 5, /cannot be opened|cannot be written/)
    expectRefusal(await asNobody(register, join(open, 'deeper')), 5, /cannot be written/)
    expect(readdirSync(open)).toEqual([])
    // Records that this user may read and not write.
    const readable = join(lab.root, 'readable')
    expect(
      (await lab.run([...register, '--detach'], { env: { TMUX_BUILDER_HOME: readable } })).code,
    ).toBe(0)
    await lab.run(['stop', guid], { env: { TMUX_BUILDER_HOME: readable } })
    chmodSync(readable, 0o755)
    chmodSync(join(readable, 'tmux-builder.db'), 0o644)
    expectRefusal(await asNobody(register, readable), 5, /cannot be|database/)
  },
)

/** The program as the user nobody, where this test is root. */
async function runAs(
  base: Readonly<Record<string, string>>,
  args: readonly string[],
  env: Record<string, string>,
): Promise<Finished> {
  const child = spawn(
    'setpriv',
    ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, program, ...args],
    { env: { ...base, ...env }, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return follow(child).done
}

test.runIf(isFull)(
  'without HOME the home of the passwd entry counts; XDG folders that are relative are ignored',
  async () => {
    const lab = openCliLab()
    const run = (env: Record<string, string>) =>
      lab.json<{ sessions: unknown[] }>(['list'], { env })
    expect(await run({ HOME: '', TMUX_BUILDER_HOME: '' })).toEqual({ sessions: expect.any(Array) })
    const relative = { TMUX_BUILDER_HOME: '', XDG_STATE_HOME: 'state', XDG_CONFIG_HOME: 'config' }
    expect((await lab.run(register, { env: relative })).code).toBe(0)
    expect(
      existsSync(join(lab.env.HOME as string, '.local/state/tmux-builder/tmux-builder.db')),
    ).toBe(true)
  },
)

test.each(few(1, ['000', '777']))('umask %s: folders 0700, files 0600', async (umask) => {
  const lab = openCliLab()
  const cache = join(lab.root, 'cache')
  const child = spawn(
    '/bin/sh',
    ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, program, ...register],
    {
      env: { ...lab.env, XDG_CACHE_HOME: cache },
      cwd: lab.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const done = await follow(child).done
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
  const wrong = [
    lab.home,
    ...readdirSync(lab.home, { recursive: true, encoding: 'utf8' }).map((name) =>
      join(lab.home, name),
    ),
  ]
    .map((path) => ({ path, stats: statSync(path, { throwIfNoEntry: false }) }))
    .filter(({ stats }) => stats?.isDirectory() || stats?.isFile())
    // A program's own mark: the agent calls it.
    .filter(
      ({ path, stats }) =>
        (stats?.mode ?? 0) % 0o1000 !==
        (stats?.isDirectory() || path.endsWith('/agent/tmux-builder') ? 0o700 : 0o600),
    )
    .filter(({ path }) => !/\/workspace\/(code\/)?\.git\//.test(path))
    .map(({ path, stats }) => `${path} ${((stats?.mode ?? 0) % 0o1000).toString(8)}`)
  expect(wrong).toEqual([])
  expect(statSync(cache).mode % 0o1000).toBe(0o700)
})

test('a folder that was removed under our feet is no bug', async () => {
  const lab = openCliLab()
  const gone = join(lab.root, 'gone')
  mkdirSync(gone)
  const script = `cd "$1" && rmdir "$1" && shift && exec "$@"`
  const run = (args: readonly string[]) =>
    follow(
      spawn('/bin/sh', ['-c', script, 'sh', gone, process.execPath, program, ...args], {
        env: lab.env,
        cwd: lab.root,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    ).done
  expect(await run(['list', '--json'])).toMatchObject({
    code: 0,
    stdout: '{"sessions":[]}\n',
    stderr: '',
  })
  mkdirSync(gone)
  expect(await run(register)).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
})

// The database.

const spoilDatabase: Record<string, [(file: string) => void, RegExp]> = {
  garbage: [(file) => writeFileSync(file, 'not a database, '.repeat(400)), /is not a database/],
  'cut off': [(file) => truncateSync(file, 5000), /is damaged|is not a database/],
  'a folder': [
    (file) => {
      rmSync(file)
      mkdirSync(file)
    },
    /cannot be opened/,
  ],
  newer: [
    (file) => {
      const db = new DatabaseSync(file)
      db.exec('PRAGMA user_version = 99')
      db.close()
    },
    /written by a newer tmux-builder/,
  ],
  'another program’s': [
    (file) => {
      rmSync(file)
      const db = new DatabaseSync(file)
      db.exec('CREATE TABLE sessions (a); PRAGMA user_version = 0')
      db.close()
    },
    /another program|is not one of/,
  ],
}

test.each(few(2, Object.keys(spoilDatabase)))(
  'a database that is %s: refused by every command, and left as it is',
  async (name) => {
    const lab = openCliLab()
    expect((await lab.run([...register, '--detach'])).code).toBe(0)
    await lab.run(['stop', guid])
    const file = join(lab.home, 'tmux-builder.db')
    for (const end of ['-wal', '-shm']) rmSync(file + end, { force: true })
    const [spoil, sentence] = spoilDatabase[name] ?? [() => {}, /x/]
    spoil(file)
    const before = statSync(file).isFile() ? readFileSync(file) : undefined
    const commands = [
      register,
      ['list'],
      ['status', guid],
      ['events', guid],
      ['logs', guid],
      ['stop', guid],
      ['archive', guid],
      ['restore', guid],
      ['answer', guid, 'yes'],
      ['gc'],
      ['refine', guid, '--request', 'x'],
      ['deploy', guid, '--dir', '.'],
    ]
    expect(
      await findWrongRefusals(
        lab,
        commands.map((args) => [args, 5, sentence]),
      ),
    ).toEqual([])
    if (before) expect(readFileSync(file).equals(before)).toBe(true)
  },
)

// tmux.

/** A folder with a tmux of its own in front of the PATH. */
function fakeTmux(root: string, script: string): Record<string, string> {
  const folder = join(root, 'bin')
  mkdirSync(folder)
  writeFileSync(join(folder, 'tmux'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { PATH: `${folder}:${process.env.PATH}` }
}

test.each(
  few(1, [
    [
      'is too old',
      'case "$*" in *-V*) echo "tmux 2.9a";; *) echo "no server running on /x" >&2; exit 1;; esac',
      /tmux 2\.9 is too old: 3\.2 is needed/,
    ],
    ['says one thing whatever it is asked', 'echo "tmux 2.9"', /tmux 2\.9 is too old/],
    ['fails', 'echo "lost my mind" >&2; exit 1', /tmux refused .*lost my mind/],
    ['dies', 'kill -9 $$', /tmux refused|tmux/],
  ]),
)('a tmux that %s: exit 5, and no build is recorded', async (_, script, sentence) => {
  const lab = openCliLab()
  expectRefusal(await lab.run(register, { env: fakeTmux(lab.root, script) }), 5, sentence)
  expect(await lab.json(['list'])).toEqual({ sessions: [] })
  expect((await lab.run(register)).code).toBe(0)
})

test('no tmux on the PATH: exit 5 and how to install it', async () => {
  const lab = openCliLab()
  mkdirSync(join(lab.root, 'bin'))
  const done = await lab.run(register, { env: { PATH: join(lab.root, 'bin') } })
  expectRefusal(done, 5, /tmux is not installed/)
  expect(done.stderr).toContain('apt-get install tmux')
  expect(await lab.json(['list'])).toEqual({ sessions: [] })
})

test.runIf(isFull)('a stale socket where the server’s would be does no harm', async () => {
  const lab = openCliLab()
  const folder = join(lab.root, `tmux-${process.getuid?.()}`)
  mkdirSync(folder, { mode: 0o700 })
  const path = join(folder, 'tmux-builder')
  // The socket of a process that was killed stays behind.
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ])
  await new Promise((settle) => child.on('close', settle))
  expect(statSync(path).isSocket()).toBe(true)
  expect(await lab.run(register)).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
})

test.runIf(isFull)('a server that does not answer as tmux does is refused', async () => {
  const lab = openCliLab()
  const folder = join(lab.root, `tmux-${process.getuid?.()}`)
  mkdirSync(folder, { mode: 0o700 })
  const server = createServer((socket) => socket.destroy()).listen(join(folder, 'tmux-builder'))
  try {
    expectRefusal(await lab.run(register), 5, /tmux/)
  } finally {
    server.close()
  }
  expect((await lab.run(register)).code).toBe(0)
})

test.each([
  ['to nobody', []],
  ['to another home', ['set-option', '-t', `=tmux_builder_${guid}:`, '@tb_home', '/elsewhere']],
])(
  'a tmux session of our name that belongs %s: exit 6, and it stays untouched',
  async (_, mark) => {
    const lab = openCliLab()
    const neighbour = `tmux_builder_${guid}0`
    await lab.tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-s',
      `tmux_builder_${guid}`,
      'exec sleep 1000',
    )
    await lab.tmux('new-session', '-d', '-s', neighbour, 'exec sleep 1000')
    if (mark.length > 0) await lab.tmux(...mark)
    const panes = await lab.tmux(
      'list-panes',
      '-a',
      '-F',
      '#{session_name} #{pane_pid} #{window_width}',
    )
    expectRefusal(await lab.run(register), 6, /belongs to another home/)
    expect(
      await lab.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid} #{window_width}'),
    ).toBe(panes)
    expect(await lab.json(['list'])).toEqual({ sessions: [] })
  },
)

test('two homes with one identity on one tmux server: the second is told, the first goes on', async () => {
  const lab = openCliLab()
  const first = await lab.run(register)
  expect(first.code).toBe(0)
  const other = { TMUX_BUILDER_HOME: join(lab.root, 'other') }
  expectRefusal(await lab.run(register, { env: other }), 6, /belongs to another home/)
  expect((await lab.run(['stop', guid], { env: other })).code).toBe(4)
  expect((await fetch(first.stdout.trim())).status).toBe(200)
})

test('after the tmux server was killed the same command brings everything back', async () => {
  const lab = openCliLab()
  const first = await lab.run(register)
  await lab.tmux('kill-server')
  await waitFor('the preview’s end', () =>
    fetch(first.stdout.trim()).then(
      () => false,
      () => true,
    ),
  )
  // It stops listening a moment before it ends.
  await waitFor('status to say so', async () =>
    (await lab.run(['status', guid])).stderr.includes('not running'),
  )
  const again = await lab.run(register)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
  expect((await fetch(again.stdout.trim())).status).toBe(200)
})

// Streams and surroundings of the process.

function withShell(
  lab: ReturnType<typeof openCliLab>,
  script: string,
  env: Record<string, string> = {},
) {
  return follow(
    spawn('/bin/bash', ['-c', script], {
      env: { ...lab.env, ...env, NODE: process.execPath, BIN: program, ID: guid },
      cwd: lab.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  ).done
}

const tb = '"$NODE" "$BIN"'
const registerInShell = `${tb} ${register.map((word) => `'${word}'`).join(' ')}`

test.runIf(isFull)('closed streams end the output, not the build', async () => {
  const lab = openCliLab()
  expect(await withShell(lab, `${registerInShell} <&- 2>&-`)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(address),
  })
  expect(await withShell(lab, `${registerInShell} --rebuild >&- 2>&- <&-; echo $?`)).toMatchObject({
    stdout: '0\n',
    stderr: '',
  })
  const piped = await withShell(
    lab,
    `set -o pipefail; ${registerInShell} --rebuild --json | head -1`,
  )
  expect(piped.code).toBe(0)
  expect(JSON.parse(piped.stdout)).toMatchObject({ seq: expect.any(Number), type: 'registered' })
  const stderr = await withShell(lab, `${registerInShell} --rebuild 2> >(head -1 >/dev/null)`)
  expect(stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
  expect(await lab.json(['status', guid])).toMatchObject({ build: 4, state: 'deployed' })
})

test.runIf(isFull)('following ends when nobody reads any more', async () => {
  const lab = openCliLab()
  await lab.run(register)
  const following = withShell(lab, `${tb} events "$ID" -f --json | head -1`)
  await waitFor('its reader’s end', async () => {
    await lab.run([...register, '--rebuild'])
    return Promise.race([
      following.then(() => true),
      new Promise<false>((settle) => setTimeout(settle, 500, false)),
    ])
  })
  expect((await following).stderr).toBe('')
})

test('an output on a full disk: a sentence, exit 5', async () => {
  const lab = openCliLab()
  await lab.run(register)
  for (const command of [
    `${tb} list --json`,
    `${tb} status "$ID"`,
    `${tb} events "$ID"`,
    registerInShell,
    `${tb} --help`,
  ]) {
    const done = await withShell(lab, `${command} > /dev/full`)
    expect(done.code, command).toBe(5)
    expect(done.stderr, command).toMatch(
      /^(This request .*\n)?tmux-builder: The output cannot be written \(ENOSPC\)\.\n {2}/,
    )
    expect(done.stderr).not.toMatch(/\s+at /)
  }
  expect((await withShell(lab, `${tb} list 2> /dev/full`)).code).toBe(0)
})

test.runIf(isFull)('no TERM, another time zone, a C locale: the same', async () => {
  const lab = openCliLab()
  const env = { TERM: '', TZ: 'Pacific/Kiritimati', LANG: 'C', LC_ALL: 'C' }
  const done = await lab.run(register, { env })
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
  const status = await lab.json<{ created_at: string }>(['status', guid], { env })
  expect(status.created_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(Math.abs(Date.parse(status.created_at) - Date.now())).toBeLessThan(600_000)
})

test.runIf(existsSync('/usr/bin/node'))(
  'a node on the PATH that is too old runs the one that the clone brings',
  async () => {
    const lab = openCliLab()
    const child = spawn('/usr/bin/node', [program, 'list', '--json'], {
      env: { ...lab.env },
      cwd: lab.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    expect(await follow(child).done).toMatchObject({
      code: 0,
      stdout: '{"sessions":[]}\n',
      stderr: '',
    })
  },
)
