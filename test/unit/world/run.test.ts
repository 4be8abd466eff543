import { expect, it } from 'vitest'
import { run } from '../../../src/world/world.ts'

const env = { PATH: process.env.PATH ?? '' }

it('a time limit holds, though somebody else still has the output open', async () => {
  const since = performance.now()
  const held = 'echo said; sleep 8 & exec sleep 8'
  const result = await run('/bin/sh', ['-c', held], { env, timeoutMs: 300 })
  expect(result).toMatchObject({ timedOut: true, exitCode: null })
  expect(performance.now() - since).toBeLessThan(5_000)
})

it('what ends in time is told whole', async () => {
  const result = await run('/bin/sh', ['-c', 'cat; echo bad >&2; exit 3'], {
    env,
    timeoutMs: 20_000,
    input: 'x'.repeat(300_000),
  })
  expect(result).toMatchObject({ exitCode: 3, timedOut: false, stderr: 'bad\n' })
  expect(result.stdout).toHaveLength(300_000)
})
