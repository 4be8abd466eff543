import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Activity, noActivity } from '../../../src/agents/activity.ts'
import { beginMemory } from '../../../src/builds/memory.ts'
import type { Run } from '../../../src/builds/run.ts'
import { homePaths } from '../../../src/session/paths.ts'
import { scopeOf } from '../../../src/session/scope.ts'
import {
  type Build,
  type BuildChange,
  createBuild,
  endBuild,
  requireBuild,
  updateBuild,
} from '../../../src/store/builds.ts'
import { openStore } from '../../../src/store/database.ts'
import { planDelivery, recordSent } from '../../../src/store/deliveries.ts'
import { readEvents } from '../../../src/store/events.ts'
import { ensureSession } from '../../../src/store/sessions.ts'
import type { World } from '../../../src/world/world.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { delivery, settings } from './look.ts'

export const guid = 'abcd'

/** A build in its first attempt, in a real database, whose agent shows no more than `activity`. */
export async function runHere(change: BuildChange = {}, activity: Partial<Activity> = {}) {
  const home = homePaths({ TMUX_BUILDER_HOME: temporaryFolder() }, '/')
  const store = await openStore(join(home.home, 'db'), { create: true })
  await store.transact((tx) => {
    ensureSession(tx, guid, { email: 'a@b.co', phone: '1234567', project: undefined })
    const text = { requestHash: 'h', requestFile: 'f', requestBytes: 1, agent: 'demo' }
    const where = { agentOptions: {}, target: 'local', place: undefined } as const
    createBuild(tx, { guid, command: 'register', settings, ...text, ...where })
    updateBuild(tx, { guid, build: 1 }, { attempt: 1, state: 'implementing', ...change })
  })
  const world = { now: Date.now, elapsed: () => 0, signal: new AbortController().signal }
  const scope = scopeOf(world as World, store, home, guid)
  mkdirSync(scope.paths.workspace, { recursive: true })
  const readNow = () => requireBuild(store, guid, 1)
  let memory = beginMemory(readNow(), 0)
  const run = {
    scope,
    number: 1,
    agent: {
      look: async () => ({ ...noActivity, ...activity }),
      findAcceptance: async () => 'hook',
      readUsage: async () => undefined,
    },
    lookedMs: () => 0,
    memory: () => memory,
    remember(next) {
      memory = next(memory)
    },
  } as Pick<Run, 'scope' | 'number' | 'agent' | 'lookedMs' | 'memory' | 'remember'> as Run
  return {
    run,
    build: readNow(),
    readNow,
    send: (what: Parameters<typeof delivery>[1]) =>
      store.transact((tx) => {
        const { state: _, ...planned } = delivery('planned', what)
        planDelivery(tx, planned)
        recordSent(tx, planned.id)
      }),
    stop: (build: Build) => store.transact((tx) => endBuild(tx, build, 'stopped', {}, {})),
    typesOfEvents: () => readEvents(store, { guid, after: 0 }).map(({ type }) => type),
  }
}
