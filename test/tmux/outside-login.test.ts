import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { createSession, createWindow, sessionName } from '../../src/tmux/windows.ts'
import { run } from '../../src/world/world.ts'
import { inFolder, openTmuxLab } from '../support/tmux-lab.ts'

const newSession = (guid: string, folder: string) => ({
  guid,
  home: folder,
  agentScript: join(folder, 'a'),
  supervisorScript: join(folder, 's'),
})

/** A lab with programs of the test's own before all others; a call of `systemd-run` is recorded. */
function openLogin(programs: { systemdRun?: string; busctl: string }, hasManager = true) {
  const lab = openTmuxLab()
  const runtime = inFolder(lab, 'run')
  mkdirSync(join(runtime, 'systemd'), { recursive: true })
  if (hasManager) writeFileSync(join(runtime, 'systemd', 'private'), '')
  const bin = inFolder(lab, 'bin')
  mkdirSync(bin)
  const log = inFolder(lab, 'log')
  const install = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  install('busctl', programs.busctl)
  const record = `{ printf '%s\\n' "$XDG_RUNTIME_DIR:$SECRET" "$@"; echo ---; } >> '${log}'`
  if (programs.systemdRun !== undefined) install('systemd-run', `${record}\n${programs.systemdRun}`)
  const env = {
    ...lab.world.env,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    XDG_RUNTIME_DIR: runtime,
    SECRET: 'not for the server',
  }
  return {
    lab,
    world: { run, env },
    runtime,
    bin,
    install,
    /** Of systemd-run: the user's manager that it was to use and its arguments, one a line. */
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').split('---\n').slice(0, -1) : []),
    make: (guid: string) => createSession({ run, env }, lab.server, newSession(guid, lab.folder)),
  }
}

/** As the real one does: the command takes its place. */
const becomeIt = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"'
const logind = (answer: string) => `echo '${answer}'`

it.each([
  ['ends', logind('b true')],
  ['may end', 'exit 1'],
])(
  'where a logout %s what it left, the server is started in a scope of the user’s',
  async (_n, busctl) => {
    const login = openLogin({ systemdRun: becomeIt, busctl })
    const { lab, world, runtime } = login
    const socket = await login.make('a')
    expect(socket).toMatch(/^\//)
    expect(await lab.tmux('list-windows', '-t', `=${sessionName('a')}`, '-F', '#W')).toBe(
      'agent\nsupervisor',
    )
    const [call, ...more] = login.calls()
    expect(more).toEqual([])
    expect(call?.split('\n').slice(0, 6)).toEqual([
      `${runtime}:`,
      '--user',
      '--scope',
      '--quiet',
      '--',
      'tmux',
    ])
    // Only what may start the server needs it; and a name that is there is told as ever.
    await createWindow(world, lab.server, sessionName('a'), 'preview', join(lab.folder, 'p'))
    expect(login.calls()).toHaveLength(1)
    expect(await login.make('a')).toBe(undefined)
  },
)

it.each([
  ['fails', 'echo "Failed to connect to bus: No such file" >&2; exit 1'],
  ['is killed', 'kill -9 $$'],
])('plainly where systemd-run %s', async (_name, script) => {
  const login = openLogin({ systemdRun: script, busctl: logind('b true') })
  expect(await login.make('a')).toMatch(/^\//)
  expect(login.calls()).toHaveLength(1)
  expect(await login.lab.tmux('list-sessions', '-F', '#S')).toBe(sessionName('a'))
})

it('plainly where a logout ends nothing: the scope would end with the last login', async () => {
  const login = openLogin({ systemdRun: becomeIt, busctl: logind('b false') })
  expect(await login.make('a')).toMatch(/^\//)
  expect(login.calls()).toEqual([])
})

it('plainly where the user has no manager', async () => {
  const login = openLogin({ systemdRun: becomeIt, busctl: logind('b true') }, false)
  expect(await login.make('a')).toMatch(/^\//)
  expect(login.calls()).toEqual([])
})

it('plainly where there is no systemd-run', async () => {
  const login = openLogin({ busctl: logind('b true') })
  const { stdout } = await run('/bin/sh', ['-c', 'command -v tmux'], { env: process.env })
  login.install('tmux', `exec ${stdout.trim()} "$@"`)
  const world = { run, env: { ...login.world.env, PATH: login.bin } }
  const session = newSession('a', login.lab.folder)
  expect(await createSession(world, login.lab.server, session)).toMatch(/^\//)
})
