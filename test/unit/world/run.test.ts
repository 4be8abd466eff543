import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from '../../../src/world/world.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

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

it('each line is passed on as soon as it is whole', async () => {
  const lines: string[] = []
  const result = await run('/bin/sh', ['-c', 'echo one; printf two'], {
    env,
    onLine: (line) => void lines.push(line),
  })
  expect(lines).toEqual(['one', 'two'])
  expect(result.stdout).toBe('one\ntwo')
})

it('an input that is kept open ends with the process that gave it, also when that is killed', async () => {
  const source = new URL('../../../src/world/world.ts', import.meta.url).href
  const child = 'read line; echo "$$" >&2; cat; echo left >&2'
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '-e',
      `import { run } from '${source}'
       await run('/bin/sh', ['-c', ${JSON.stringify(`{ ${child}; } 2>>"$0"`)}, process.argv[1]],
         { env: process.env, input: 'go\\n', keepsInputOpen: true })`,
      join(temporaryFolder(), 'said'),
    ],
    { stdio: 'ignore' },
  )
  const said = () => readFileSync(parent.spawnargs.at(-1) ?? '', { encoding: 'utf8', flag: 'a+' })
  await expect.poll(said, { timeout: 10_000 }).toMatch(/^\d+\n$/)
  parent.kill('SIGKILL')
  await expect.poll(said, { timeout: 5_000 }).toContain('left')
})
