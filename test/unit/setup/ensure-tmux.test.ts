import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const script = new URL('../../../scripts/ensure-tmux.js', import.meta.url).pathname
const isRoot = process.getuid?.() === 0
let path: string

// The whole PATH of the script: only what a test puts there exists.
beforeEach(() => {
  path = mkdtempSync('/tmp/tb-') // in no folder that another user may not enter
  chmodSync(path, 0o755)
  symlinkSync('/usr/bin/env', join(path, 'env'))
})

afterEach(() => rmSync(path, { recursive: true, force: true }))

function program(name: string, lines: string) {
  writeFileSync(join(path, name), `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
}

const tmuxThatSays = (version: string) => program('tmux', `echo 'tmux ${version}'`)
const commands = () => readFileSync(join(path, 'log'), 'utf8').trim().split('\n')

/** An apt-get that logs what it is asked, and brings a tmux when asked to install. */
function fakeAptGet() {
  writeFileSync(join(path, 'log'), '')
  chmodSync(join(path, 'log'), 0o666)
  chmodSync(path, 0o777)
  const tmux = "#!/bin/sh\necho 'tmux 3.3a'\n"
  writeFileSync(join(path, 'new-tmux'), tmux, { mode: 0o755 })
  program(
    'apt-get',
    `echo "$DEBIAN_FRONTEND apt-get $*" >> '${path}/log'; echo noise; case "$1" in install) /bin/cp '${path}/new-tmux' '${path}/tmux';; esac`,
  )
}

function run(asRoot: boolean) {
  const user = isRoot && !asRoot ? { uid: 65_534, gid: 65_534 } : {}
  const options = { env: { PATH: path }, encoding: 'utf8', ...user } as const
  // What is given is code, so that another user needs to read nothing of the repository.
  const code = readFileSync(script, 'utf8').replace(/^if \(import[\s\S]*/m, '')
  const end = 'if (!ensureTmux()) process.exitCode = 5'
  const args = ['--input-type=module', '-e', `${code}\n${end}`]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
  return { exitCode: status, stdout, stderr }
}

it.each(['3.2', '3.3a', '4.0', 'next-3.6', 'master'])('is silent about tmux %s', (version) => {
  tmuxThatSays(version)
  expect(run(isRoot)).toEqual({ exitCode: 0, stdout: '', stderr: '' })
})

it.each(['3.1c', '2.9'])('names the cure for tmux %s, and leaves it alone', (version) => {
  tmuxThatSays(version)
  fakeAptGet()
  const result = run(isRoot)
  expect(result).toMatchObject({ exitCode: 5, stdout: '' })
  expect(result.stderr).toContain(`tmux ${version} is too old`)
  expect(commands()).toEqual([''])
})

it('installs it as root', (context) => {
  if (!isRoot) context.skip('needs root')
  fakeAptGet()
  const result = run(true)
  expect(result).toMatchObject({ exitCode: 0, stdout: '' })
  expect(commands()).toEqual([
    'noninteractive apt-get update',
    'noninteractive apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=60 tmux',
  ])
})

it('installs it through a sudo without a password', () => {
  fakeAptGet()
  program('sudo', '[ "$1" = -n ] || exit 1; shift; [ "$1" = true ] && exit 0; exec "$@"')
  expect(run(false)).toMatchObject({ exitCode: 0, stdout: '' })
  expect(commands()).toHaveLength(2)
})

it('names the command when sudo wants a password', () => {
  fakeAptGet()
  program('sudo', 'exit 1')
  const result = run(false)
  expect(result).toMatchObject({ exitCode: 5, stdout: '' })
  expect(result.stderr).toBe(
    "tmux is missing; tmux-builder needs 3.2 or newer: run: sudo sh -c 'apt-get update && apt-get install -y tmux'\n",
  )
  expect(commands()).toEqual([''])
})

it('names the command when the installation fails', (context) => {
  if (!isRoot) context.skip('needs root')
  program('apt-get', 'exit 100')
  const result = run(true)
  expect(result).toMatchObject({ exitCode: 5, stdout: '' })
  expect(result.stderr).toMatch(
    /tmux is missing; .* run: apt-get update && apt-get install -y tmux\n$/,
  )
})
