import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { findLeftovers } from '../../support/leftovers.ts'

const run = `
import { spawn } from 'node:child_process'
import setup from '${new URL('../../support/global-setup.ts', import.meta.url).href}'
const tearDown = setup()
const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
console.log(process.env.HOME)
process.once('SIGUSR2', async () => {
  child.kill()
  await tearDown()
  process.exit(0)
})
setInterval(() => {}, 1000)
`

/** A run that has begun: its place, with a process in it that no signal to the run reaches. */
async function begin() {
  const program = spawn(process.execPath, ['--input-type=module', '-e', run], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(program.stdout, 'data')
  const place = dirname(String(line).trim())
  expect(findLeftovers(place).length).toBeGreaterThan(0)
  return { program, place }
}

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a run that is ended by %s leaves no process and no folder behind',
  async (signal) => {
    const { program, place } = await begin()
    program.kill(signal)
    await once(program, 'exit')
    while (existsSync(place) || findLeftovers(place).length > 0) await delay(50)
  },
)

it('nor does one that ends by itself', async () => {
  const { program, place } = await begin()
  program.kill('SIGUSR2')
  expect(await once(program, 'exit')).toEqual([0, null])
  expect(existsSync(place)).toBe(false)
  expect(findLeftovers(place)).toEqual([])
})
