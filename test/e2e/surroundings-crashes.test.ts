import { mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  demoFlags,
  guid,
  identityFlags,
  openCliLab,
  parseLines,
  waitFor,
} from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { findLeftovers } from '../support/leftovers.ts'
import { refusalProblems } from '../support/refusal.ts'

const registerWith = (scenario: string) => [
  'register',
  ...identityFlags,
  ...demoFlags(scenario),
  '--request',
  'Build a todo app',
]

test('five crashes of the supervisor within a minute end the build: internal, a sentence, nothing left running', async () => {
  const lab = openCliLab()
  const watching = lab.start(registerWith('hang'))
  const agent = await waitFor('the agent at work', async () => {
    const { stdout } = await lab.run(['events', guid, '--json']).catch(() => ({ stdout: '' }))
    const events = stdout === '' ? [] : parseLines(stdout)
    const isAtWork = events.some((event) => event.status === 'implementing')
    return isAtWork && events.find((event) => event.type === 'agent_started')
  })
  // The next attempt cannot lay out its files in a workspace that is no folder.
  const { folder } = await lab.json<{ folder: string }>(['status', guid])
  renameSync(join(folder, 'workspace'), join(folder, 'moved'))
  writeFileSync(join(folder, 'workspace'), 'not a folder')
  process.kill(Number(agent.pid), 'SIGKILL')
  const done = await watching.done
  expect(done).toMatchObject({ code: 1, stdout: '' })
  expect(done.stderr).toMatch(
    /failed \(internal\): The supervisor crashed 5 times within a minute; .*supervisor\.log says why/,
  )
  expect(done.stderr).not.toMatch(/^\s+at /m)
  expect(readFileSync(join(folder, 'logs/supervisor.log'), 'utf8')).toContain('ENOTDIR')
  expect(await lab.json(['status', guid])).toMatchObject({
    state: 'failed',
    reason: 'internal',
    alive: { agent: false, supervisor: false },
  })
  const events = parseLines((await lab.run(['events', guid, '--json'])).stdout)
  expect(events.filter((event) => event.type === 'failed')).toHaveLength(1)
  expect(events.filter((event) => event.type === 'supervisor_started').length).toBeLessThanOrEqual(
    7,
  )
  await waitFor(
    'the supervisor’s end',
    () => !findLeftovers(lab.root).some(({ commandLine }) => commandLine.includes(' supervise ')),
  )
})

test('a lock that is none: the sentence names it, not the database, and the same command goes on later', async () => {
  const lab = openCliLab()
  expect((await lab.run(registerWith('ok'))).code).toBe(0)
  await lab.run(['stop', guid])
  for (const name of ['supervisor.lock', 'command.lock']) {
    const lock = join(lab.folderOf(guid), name)
    renameSync(lock, `${lock}.aside`)
    writeFileSync(lock, 'not a lock '.repeat(1000))
    const done = await lab.run([...registerWith('ok'), '--rebuild'])
    expect(
      refusalProblems(done, 5, /The lock .*\.lock cannot be used|did not start within/),
    ).toEqual([])
    renameSync(`${lock}.aside`, lock)
  }
  expect((await lab.run(registerWith('ok'))).code).toBe(0)
})

test.runIf(isFull)(
  'a log that cannot be written ends no build; a script that cannot is refused by name',
  async () => {
    const lab = openCliLab()
    expect((await lab.run(registerWith('ok'))).code).toBe(0)
    await lab.run(['stop', guid])
    const log = join(lab.folderOf(guid), 'logs/supervisor.log')
    rmSync(log)
    mkdirSync(log)
    expect((await lab.run([...registerWith('ok'), '--rebuild'])).code).toBe(0)
    await lab.run(['stop', guid])
    const script = join(lab.folderOf(guid), 'agent/supervisor.sh')
    rmSync(script)
    mkdirSync(script)
    const refused = await lab.run([...registerWith('ok'), '--rebuild'])
    expect(refusalProblems(refused, 5, /agent\/supervisor\.sh is a folder/)).toEqual([])
    rmdirSync(script)
    expect((await lab.run(registerWith('ok'))).code).toBe(0)
    const events = parseLines((await lab.run(['events', guid, '--json'])).stdout)
    expect(events.filter((event) => event.type === 'registered')).toHaveLength(3)
  },
)
