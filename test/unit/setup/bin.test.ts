import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, it } from 'vitest'

const repository = new URL('../../..', import.meta.url).pathname
let clone: string

beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'clone-'))
  mkdirSync(join(clone, 'home'))
  cpSync(join(repository, 'bin'), join(clone, 'bin'), { recursive: true })
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(clone, 'old-node.js'),
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.1.0' } })",
  )
})

afterEach(() => rmSync(clone, { recursive: true, force: true }))

/** Puts `code` where the built program is. */
function build(code: string) {
  mkdirSync(join(clone, 'dist'))
  writeFileSync(join(clone, 'dist/main.js'), code)
}

function bringNode(target = process.execPath) {
  mkdirSync(join(clone, 'node_modules/.bin'), { recursive: true })
  symlinkSync(target, join(clone, 'node_modules/.bin/node'))
}

function start(
  isOldNode: boolean,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  preloads: readonly string[] = [],
) {
  const files = isOldNode ? ['old-node.js', ...preloads] : preloads
  const preload = files.flatMap((name) => ['--import', join(clone, name)])
  const all = [...preload, join(clone, 'bin/tmux-builder.js'), ...args]
  const home = join(clone, 'home')
  return spawn(process.execPath, all, { env: { HOME: home, ...env }, stdio: 'pipe' })
}

async function finish(child: ChildProcess) {
  const [stdout, stderr, [exitCode, signal]] = await Promise.all([
    child.stdout && text(child.stdout),
    child.stderr && text(child.stderr),
    once(child, 'exit'),
  ])
  return { stdout, stderr, exitCode, signal }
}

it('says how to build what is not built', async () => {
  const result = await finish(start(false))
  expect(result).toMatchObject({ exitCode: 5, stdout: '' })
  expect(result.stderr).toContain('npm ci && npm run build')
})

it('runs an old Node on to the one in the repository, with arguments and exit code', async () => {
  build('console.log(process.versions.node, ...process.argv.slice(2)); process.exitCode = 7')
  bringNode()
  const result = await finish(start(true, ['a b', '--c']))
  expect(result).toMatchObject({ exitCode: 7, stderr: '' })
  expect(result.stdout).toBe(`${process.versions.node} a b --c\n`)
})

it.each([
  ['there is none', undefined],
  ['it cannot be started', '/nonexistent/node'],
  ['it is for another machine', '/etc/passwd'],
])(
  'names the Node it needs when the one in the repository is not usable: %s',
  async (_, target) => {
    build('')
    if (target) bringNode(target)
    const result = await finish(start(true))
    expect(result).toMatchObject({ exitCode: 5, stdout: '' })
    expect(result.stderr).toContain('needs Node 22.22 or newer')
  },
)

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('passes %s on', async (name) => {
  build(
    `process.once('${name}', () => process.exit(42)); setInterval(() => {}, 9); console.log('up')`,
  )
  bringNode()
  const child = start(true)
  await once(child.stdout, 'data')
  child.kill(name)
  expect(await finish(child)).toMatchObject({ exitCode: 42, signal: null })
})

it('leaves nothing behind when a signal comes as soon as the program is started', async () => {
  build('setInterval(() => {}, 9)')
  bringNode()
  writeFileSync(
    join(clone, 'signal-at-spawn.js'),
    `import processes from 'node:child_process'
    import { syncBuiltinESMExports } from 'node:module'
    const { spawn } = processes
    processes.spawn = (...args) => {
      const child = spawn(...args)
      process.kill(process.pid, 'SIGINT')
      return child
    }
    syncBuiltinESMExports()`,
  )
  const result = await finish(start(true, [], {}, ['signal-at-spawn.js']))
  expect(result).toMatchObject({ exitCode: 130, signal: null })
})

it.each([
  ['SIGKILL', 137],
  ['SIGTERM', 143],
  ['SIGABRT', 134],
])('exits with 128 + n when %s ends the program', async (name, exitCode) => {
  build(`process.kill(process.pid, '${name}'); setInterval(() => {}, 9)`)
  bringNode()
  expect(await finish(start(true))).toMatchObject({ exitCode, signal: null })
})

it('keeps compiled code in the cache folder', async () => {
  build("console.log('up')")
  expect(await finish(start(false))).toMatchObject({ exitCode: 0, stdout: 'up\n' })
  expect(existsSync(join(clone, 'home/.cache/tmux-builder'))).toBe(true)
  await finish(start(false, [], { XDG_CACHE_HOME: join(clone, 'cache') }))
  expect(existsSync(join(clone, 'cache/tmux-builder'))).toBe(true)
})

it.each([
  ['a file is in its place', { XDG_CACHE_HOME: '/etc/passwd' }],
  ['the file system takes no files', { XDG_CACHE_HOME: '/proc' }],
  ['there is no home', { HOME: undefined }],
])('runs without a cache when %s', async (_, env) => {
  build("console.log('up')")
  const result = await finish(start(false, [], env))
  expect(result).toMatchObject({ exitCode: 0, stdout: 'up\n', stderr: '' })
})
