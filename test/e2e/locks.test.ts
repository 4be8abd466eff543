import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takeLock } from '../../src/store/lock.ts'
import { buildsOf, journalOf, registerArgs, urlPattern } from '../support/builds.ts'
import { guid, openCliLab, type Running, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { deployFirst } from '../support/sessions.ts'

/** Waits until a command stands at the session's lock. */
const untilItWaits = ({ pid }: Running, lock: string) =>
  waitFor('a command at the lock', () => {
    try {
      const folder = `/proc/${pid}/fd`
      return readdirSync(folder).some((fd) => readlinkSync(join(folder, fd)) === lock)
    } catch {
      return false // it opens and closes files meanwhile
    }
  })

async function holdLock(file: string) {
  const lock = await takeLock(file, 1_000)
  if (!lock) throw new Error('somebody has the lock')
  return lock
}

test('a signal ends the waiting for another command: 130, and nothing was made', async () => {
  const lab = openCliLab()
  await deployFirst(lab)
  await lab.run(['stop', guid])
  const before = await journalOf(lab)
  const file = join(lab.folderOf(guid), 'command.lock')
  const lock = await holdLock(file)
  try {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const waiting = lab.start(registerArgs({}, '--rebuild'))
      await untilItWaits(waiting, file)
      waiting.kill(signal)
      const done = await waiting.done
      expect(done).toMatchObject({ code, stdout: '' })
      expect(done.stderr).toContain(signal)
    }
  } finally {
    lock.release()
  }
  expect(await journalOf(lab)).toEqual(before)
  expect(buildsOf(lab)).toHaveLength(1)
  await expect(lab.tmux('list-sessions')).rejects.toThrow()
})

test.runIf(isFull)(
  'gc --purge beside register: whoever is first, there is one whole session, the old one or a new one',
  async () => {
    const lab = openCliLab()
    for (let round = 0; round < (isFull ? 12 : 2); round++) {
      await deployFirst(lab)
      const before = buildsOf(lab).length
      await lab.run(['archive', guid])
      const file = join(lab.folderOf(guid), 'command.lock')
      const lock = await holdLock(file)
      const purge = lab.start(['gc', '--older-than', '1ms', '--purge', '--json'])
      await untilItWaits(purge, file)
      const register = lab.start(registerArgs())
      const stop = lab.start(['stop', guid])
      for (const waiting of [register, stop]) await untilItWaits(waiting, file)
      lock.release()
      const purged = await purge.done
      expect(purged).toMatchObject({ code: 0 })
      const stopped = await stop.done
      expect([0, 4], stopped.stderr).toContain(stopped.code)
      const done = await register.done
      // Stopped by that `stop`, or done.
      expect([0, 1], done.stderr).toContain(done.code)
      if (done.code === 0) expect(done.stdout).toMatch(urlPattern)
      expect(existsSync(lab.folderOf(guid))).toBe(true)
      const isNew = (JSON.parse(purged.stdout) as { purged: string[] }).purged.includes(guid)
      const now = buildsOf(lab).length
      if (isNew) expect(now).toBe(1)
      // That `stop` may have ended the preview of the old one under the eyes of `register`.
      else expect([before, before + 1]).toContain(now)
    }
  },
)
