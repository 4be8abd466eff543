import { renameSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { watchFiles } from '../../../src/session/watch.ts'
import { isFull } from '../../support/full.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const trials = isFull ? 1_000 : 100
/** Far above what a wakeup takes, far below the loop's slow look. */
const patienceMs = 4_000

const replace = (file: string, text: string) => {
  writeFileSync(`${file}.tmp`, text)
  renameSync(`${file}.tmp`, file)
}

it(`the last of two quick writes wakes the watcher (${trials} times)`, {
  timeout: 300_000,
}, async () => {
  const file = join(temporaryFolder(), 'status.json')
  replace(file, 'first')
  const wakeup = watchFiles([file])
  await delay(200)
  let lost = 0
  for (let trial = 0; trial < trials; trial++) {
    const last = `${trial}-b`
    const write = (async () => {
      replace(file, `${trial}-a`)
      await delay(Math.random() * 60)
      replace(file, last)
    })()
    const deadline = Date.now() + patienceMs
    let seen = ''
    while (seen !== last && Date.now() < deadline) {
      await wakeup.next(patienceMs)
      if (Date.now() < deadline) seen = await readFile(file, 'utf8')
    }
    await write
    if (seen !== last) lost++
  }
  wakeup.close()
  expect(lost).toBe(0)
})

it('a file that comes later, and one that grows, wake it too', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'hooks.jsonl')
  const wakeup = watchFiles([file])
  await delay(200)
  for (const text of ['a\n', 'b\n']) {
    const woken = wakeup.next(10_000)
    const start = Date.now()
    writeFileSync(file, text, { flag: 'a' })
    await woken
    expect(Date.now() - start).toBeLessThan(3_000)
    await delay(300)
    await wakeup.next(1)
  }
  wakeup.close()
})

it('wake ends the wait, a wake before the wait is not lost, and time ends it too', async () => {
  const wakeup = watchFiles([join(temporaryFolder(), 'f')])
  wakeup.wake()
  await wakeup.next(60_000)
  const waiting = wakeup.next(60_000)
  wakeup.wake()
  await waiting
  const start = Date.now()
  await wakeup.next(50)
  expect(Date.now() - start).toBeGreaterThanOrEqual(45)
  wakeup.close()
})
