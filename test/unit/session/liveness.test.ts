import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { isAlive, readProcessId, readProcessStat } from '../../../src/session/processes.ts'
import { startChild } from '../../support/children.ts'
import { waitFor } from '../../support/cli-lab.ts'

it('this process is alive', () => {
  const id = readProcessId(process.pid)
  expect(id).toMatchObject({ pid: process.pid, bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
  expect(isAlive(id)).toBe(true)
  expect(isAlive(undefined)).toBe(false)
})

it('a pid that is used again is another process', () => {
  const id = readProcessId(process.pid)
  if (!id) throw new Error('no id')
  expect(isAlive({ ...id, startTime: id.startTime - 1 })).toBe(false)
  expect(isAlive({ ...id, startTime: id.startTime + 1 })).toBe(false)
})

it('nothing survives a reboot', () => {
  const id = readProcessId(process.pid)
  if (!id) throw new Error('no id')
  expect(isAlive({ ...id, bootId: '00000000-0000-0000-0000-000000000000' })).toBe(false)
})

it('one that was killed is dead', async () => {
  const child = spawn('sleep', ['60'])
  const id = readProcessId(child.pid ?? 0)
  expect(isAlive(id)).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isAlive(id)).toBe(false)
  expect(readProcessId(child.pid ?? 0)).toBeUndefined()
  expect(readProcessStat(child.pid ?? 0)).toBeUndefined()
})

it('a stopped one is alive', async () => {
  const child = startChild('sleep', ['60'])
  const id = readProcessId(child.pid)
  child.process.kill('SIGSTOP')
  await waitFor('it stops', () => readProcessStat(child.pid)?.state === 'T')
  expect(isAlive(id)).toBe(true)
})

it('a zombie is dead', async () => {
  // sh becomes a sleep that never waits for the child it was given.
  const parent = startChild('/bin/sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'])
  const pid = Number(await parent.nextLine())
  const id = readProcessId(pid)
  expect(isAlive(id)).toBe(true)
  // A shell would take the dead child in.
  await waitFor('the sleep', () => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n')
  process.kill(pid, 'SIGKILL')
  await waitFor('a zombie', () => readProcessStat(pid)?.state === 'Z')
  expect(isAlive(id)).toBe(false)
  expect(readProcessId(pid)).toBeUndefined()
})

it('a command name with spaces, parentheses and line feeds moves no field', async () => {
  const child = startChild(process.execPath, [
    '-e',
    "process.title = ') Z 1 (\\n a'; console.log('named'); setInterval(() => {}, 1000)",
  ])
  await child.nextLine()
  expect(readProcessStat(child.pid)).toMatchObject({ pid: child.pid, parent: process.pid })
  expect(isAlive(readProcessId(child.pid))).toBe(true)
})
