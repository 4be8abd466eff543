import { isFinal } from '../domain/build-state.ts'
import { removeAgentEnvironment } from '../session/agent-environment.ts'
import { type SupervisedSession, withFreeSession, withSupervisorLock } from '../session/locks.ts'
import { readProcessId } from '../session/processes.ts'
import type { Scope } from '../session/scope.ts'
import { recordFoundSession } from '../session/start.ts'
import { tidyUp } from '../session/tidy.ts'
import { type Build, endBuild, findLatestBuild, requireBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { schemaVersion } from '../store/schema.ts'
import { updateSession } from '../store/sessions.ts'
import { runBuild } from './run-build.ts'

const lockTimeoutMs = 15_000
/** After this many crashes within a minute the supervisor gives the build up. */
const maxCrashes = 5

export interface SuperviseOptions {
  readonly crashes: number
  readonly waits: number
  log(line: string): void
}

/**
 * Takes the session's latest build to its end, unless another supervisor does so already. It returns when there is
 * nothing left to do, however the build ended. After a crash the next start goes on from the records.
 */
export async function supervise(scope: Scope, options: SuperviseOptions): Promise<void> {
  const run = (alone: SupervisedSession) => runAlone(alone, options)
  const isAlone = await withSupervisorLock(scope, lockTimeoutMs, run)
  if (!isAlone) options.log('another supervisor has this session')
}

async function runAlone(scope: SupervisedSession, options: SuperviseOptions): Promise<void> {
  for (;;) {
    const build = findLatestBuild(scope.store, scope.guid)
    if (!build) return
    if (!isFinal(build.state)) await recordFoundSession(scope, build.build)
    await announce(scope, build, options.waits > 0)
    const isGivenUp = options.crashes >= maxCrashes
    if (isGivenUp) await giveUp(scope, build)
    // An ended build is run too, because the process that ended it may have been killed before it cleaned up.
    await runBuild(scope, build.build).catch((error: unknown) => {
      if (!isGivenUp) throw error
      options.log(`cleaning up failed too: ${String(error)}`)
    })
    if (!(await leave(scope, build))) continue
    // No new build can bring its own environment meanwhile, because recording one needs this lock.
    await removeAgentEnvironment(scope)
    await leaveNothing(scope, build.build)
    return
  }
}

async function announce(scope: Scope, build: Build, isStillWaiting: boolean): Promise<void> {
  const self = readProcessId(process.pid)
  await scope.store.transact((tx) => {
    updateSession(tx, scope.guid, {
      supervisorProcess: self ?? null,
      supervisorFormat: schemaVersion,
    })
    // A stop may have ended it since it was read.
    const { state } = requireBuild(tx, scope.guid, build.build)
    if (!isFinal(state) && !isStillWaiting)
      appendEvent(tx, build, 'supervisor_started', { pid: process.pid })
  })
}

/**
 * Records that the supervisor leaves, in the transaction that looks for a newer build. A build that is recorded at
 * this moment is then seen either here or by its own command, which starts another supervisor.
 */
function leave(scope: Scope, done: Build): Promise<boolean> {
  return scope.store.transact((tx) => {
    const latest = findLatestBuild(tx, scope.guid)
    if (latest && latest.build > done.build) return false
    if (latest && !isFinal(latest.state)) return false
    updateSession(tx, scope.guid, { supervisorProcess: null })
    return true
  })
}

/**
 * Tidies up unless a command is at work already. Nothing waits for this, so the next command or supervisor may do
 * it.
 */
async function leaveNothing(scope: Scope, number: number): Promise<void> {
  const { state } = requireBuild(scope.store, scope.guid, number)
  await withFreeSession(scope, (locked) => tidyUp(locked, state !== 'deployed'))
}

async function giveUp(scope: Scope, build: Build): Promise<void> {
  const message = `The supervisor crashed ${maxCrashes} times within a minute; ${scope.paths.supervisorLog} says why`
  await scope.store.transact((tx) =>
    endBuild(tx, build, 'failed', { reason: 'internal', message }, { reason: 'internal', message }),
  )
}
