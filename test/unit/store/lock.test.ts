import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { takeLock } from '../../../src/store/lock.ts'
import { startScript } from '../../support/children.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A process that takes the lock, says so, and keeps it until it is ended. */
async function startHolder(file: string) {
  const holder = startScript(`
    import { takeLock } from '{src}/store/lock.ts'
    const lock = await takeLock(${JSON.stringify(file)}, 10_000)
    console.log(lock ? 'held' : 'not held')
    setInterval(() => {}, 1_000)`)
  expect(await holder.nextLine()).toBe('held')
  return holder
}

it('is private, and can be taken again when it was released', async () => {
  const file = join(temporaryFolder(), 'lock')
  for (let n = 0; n < 3; n++) (await takeLock(file, 0))?.release()
  const lock = await takeLock(file, 0)
  expect(lock).toBeDefined()
  expect(statSync(file).mode & 0o777).toBe(0o600)
  lock?.release()
})

it('only one process has it; the kernel passes it on when that one is killed', async () => {
  const file = join(temporaryFolder(), 'lock')
  const holder = await startHolder(file)
  expect(await takeLock(file, 200)).toBeUndefined()
  const waiting = takeLock(file, 10_000)
  const killedAt = Date.now()
  holder.process.kill('SIGKILL')
  const lock = await waiting
  expect(lock).toBeDefined()
  expect(Date.now() - killedAt).toBeLessThan(3_000)
  lock?.release()
})

it('a stopped holder still holds it', async () => {
  const file = join(temporaryFolder(), 'lock')
  const holder = await startHolder(file)
  holder.process.kill('SIGSTOP')
  expect(await takeLock(file, 300)).toBeUndefined()
})

it('of many processes that count in one file under it, none loses a count', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'count'), '0')
  const counters = [1, 2, 3].map(() =>
    startScript(`
      import { readFileSync, writeFileSync } from 'node:fs'
      import { takeLock } from '{src}/store/lock.ts'
      const folder = ${JSON.stringify(folder)}
      for (let n = 0; n < 15; n++) {
        const lock = await takeLock(folder + '/lock', 60_000)
        const count = Number(readFileSync(folder + '/count', 'utf8'))
        await new Promise((resolve) => setTimeout(resolve, 3))
        writeFileSync(folder + '/count', String(count + 1))
        lock.release()
      }
      console.log(readFileSync(folder + '/count', 'utf8'))`),
  )
  const counts = await Promise.all(counters.map((one) => one.nextLine()))
  expect(Math.max(...counts.map(Number))).toBe(45)
})

it('a file that is no lock is an error, not a wait', async () => {
  const file = join(temporaryFolder(), 'lock')
  writeFileSync(file, 'not a database '.repeat(100))
  await expect(takeLock(file, 60_000)).rejects.toThrow()
})
