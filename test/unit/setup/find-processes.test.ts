import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { findProcesses } from '../../support/find-processes.ts'

it('a child that has not executed its own program yet is not taken for its parent', async () => {
  const mark = `MARK=${randomUUID()}`
  // The subshell never executes anything: it stays what every child is for a moment.
  const shell = spawn('bash', ['-c', 'exec 3<&0; (echo; read -r _ <&3) & echo; wait', mark], {
    env: { MARK: mark.slice('MARK='.length), PATH: process.env.PATH },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const ended = once(shell, 'exit')
  onTestFinished(async () => {
    shell.stdin.end()
    await ended
  })
  for (let lines = ''; lines.length < 2; ) lines += String((await once(shell.stdout, 'data'))[0])
  const found = findProcesses(({ argv }) => argv.includes(mark))
  expect(found.map(({ pid }) => pid)).toEqual([shell.pid])
  expect(found[0]?.environment).toContain(mark)
})
