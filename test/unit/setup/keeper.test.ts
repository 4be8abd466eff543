import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { follow, waitFor } from '../../support/cli-lab.ts'
import { clearPlace, findLeftovers } from '../../support/leftovers.ts'

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
  const program = follow(
    spawn(process.execPath, ['--input-type=module', '-e', run], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  )
  onTestFinished(() => program.kill('SIGKILL'))
  const home = await waitFor('its place', () => /^(.+)\n/.exec(program.said())?.[1], 10_000)
  const place = dirname(home)
  onTestFinished(async () => void (await clearPlace(place, 0)))
  expect(findLeftovers(place).length).toBeGreaterThan(0)
  return { program, place }
}

it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
  'a run that is ended by %s leaves no process and no folder behind',
  async (signal) => {
    const { program, place } = await begin()
    program.kill(signal)
    await program.done
    await waitFor(
      'the keeper',
      () => !existsSync(place) && findLeftovers(place).length === 0,
      10_000,
    )
  },
)

it('nor does one that ends by itself, also when its keeper is gone', async () => {
  const { program, place } = await begin()
  const keeper = findLeftovers(place).find(({ commandLine }) => commandLine.includes('keeper.ts'))
  process.kill(Number(keeper?.pid), 'SIGKILL')
  program.kill('SIGUSR2')
  expect(await program.done).toMatchObject({ code: 0, signal: null })
  expect(existsSync(place)).toBe(false)
  expect(findLeftovers(place)).toEqual([])
})
