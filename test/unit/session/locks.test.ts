import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { endSession } from '../../../src/session/end-session.ts'
import {
  withDeployLock,
  withFreeSession,
  withSessionLock,
  withSupervisorLock,
} from '../../../src/session/locks.ts'
import type { Scope } from '../../../src/session/scope.ts'

let folder = ''
let scope: Scope

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tb-locks-'))
  scope = {
    paths: {
      folder,
      commandLock: join(folder, 'command.lock'),
      supervisorLock: join(folder, 'supervisor.lock'),
    },
    world: { signal: new AbortController().signal },
  } as Scope
})

afterEach(() => rmSync(folder, { recursive: true }))

it('a session whose lock is not held does not compile where the command lock is needed', () => {
  const withoutLock = () =>
    // @ts-expect-error: a plain scope says nothing of a lock.
    endSession(scope, 1, 'stop')
  const withAnother = () =>
    withDeployLock(scope, (deploying) =>
      // @ts-expect-error: the deploy lock is another one.
      endSession(deploying, 1, 'stop'),
    )
  const withIt = () => withSessionLock(scope, (locked) => endSession(locked, 1, 'stop'))
  expect([withoutLock, withAnother, withIt]).toHaveLength(3)
})

it('a session that a command holds is not free, however often it is looked at', async () => {
  const looks: boolean[] = []
  const look = async () => looks.push(await withFreeSession(scope, async () => {}))
  await withSessionLock(scope, async () => {
    await look()
    await look()
  })
  await look()
  expect(looks).toEqual([false, false, true])
})

it('a second supervisor does nothing, and a failure of the first one lets go', async () => {
  const done: string[] = []
  await withSupervisorLock(scope, 0, async () => {
    const isAlone = await withSupervisorLock(scope, 0, async () => void done.push('second'))
    done.push(`second alone: ${isAlone}`)
    throw new Error('a crash')
  }).catch((error: Error) => done.push(error.message))
  expect(await withSupervisorLock(scope, 0, async () => void done.push('third'))).toBe(true)
  expect(done).toEqual(['second alone: false', 'a crash', 'third'])
})
