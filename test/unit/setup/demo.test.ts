import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const repository = new URL('../../..', import.meta.url).pathname
let clone: string

// A clone whose build is up to date, whose program says what it was given, and whose tmux is a stand-in.
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'clone-'))
  for (const name of ['bin', 'scripts'])
    cpSync(join(repository, name), join(clone, name), { recursive: true })
  for (const name of ['src', 'packages', 'dist', 'path']) mkdirSync(join(clone, name))
  writeFileSync(join(clone, 'path/tmux'), '#!/bin/sh\necho tmux 3.4\n', { mode: 0o755 })
  writeFileSync(join(clone, 'package.json'), '{"type":"module"}')
  writeFileSync(join(clone, 'package-lock.json'), '{}')
  writeFileSync(
    join(clone, 'dist/main.js'),
    `const { TMUX_BUILDER_EMAIL: email, TMUX_BUILDER_PHONE: phone } = process.env
    console.log(JSON.stringify([email, phone, ...process.argv.slice(2)]))
    process.exitCode = 7`,
  )
  for (const name of ['demo', 'aws']) writeFileSync(join(clone, `dist/${name}.js`), '')
  const later = Date.now() / 1000 + 60
  for (const name of ['main', 'demo', 'aws'])
    utimesSync(join(clone, `dist/${name}.js`), later, later)
})

afterEach(() => rmSync(clone, { recursive: true, force: true }))

function demo(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const all = [join(clone, 'scripts/demo.js'), ...args]
  const path = join(clone, 'path')
  const result = spawnSync(process.execPath, all, { encoding: 'utf8', env: { PATH: path, ...env } })
  return { ...result, given: result.stdout ? JSON.parse(result.stdout) : undefined }
}

it('registers a request of its own with the demo agent, and passes the exit code on', () => {
  const { given, status, stderr } = demo([])
  expect(given).toEqual([
    'demo@example.com',
    '+15550100',
    ...['register', '--agent', 'demo', '--target', 'local', '--request', expect.any(String)],
  ])
  expect({ status, stderr }).toEqual({ status: 7, stderr: '' })
})

it.each([[['--request', "a 'b' $c"]], [['--request=x']], [['--request-file', 'f']]])(
  'takes another request: %j',
  (args) => {
    const options = ['--agent', 'demo', '--target', 'local', ...args]
    expect(demo(args).given.slice(2)).toEqual(['register', ...options])
  },
)

it('lets the caller be somebody else', () => {
  const { given } = demo(['--phone', '+15550111'], { TMUX_BUILDER_EMAIL: 'me@example.com' })
  expect(given[0]).toBe('me@example.com')
  expect(given.slice(-2)).toEqual(['--phone', '+15550111'])
})

it('stops with the cure when tmux is missing', () => {
  rmSync(join(clone, 'path/tmux'))
  // Nobody may install it: there is no apt-get on this PATH, and its sbin folders have none.
  const { status, stdout, stderr } = demo([])
  expect({ status, stdout }).toEqual({ status: 5, stdout: '' })
  expect(stderr).toContain('tmux is missing')
})
