import { isFinal } from '../domain/build-state.ts'
import { removeAgentEnvironment } from '../session/agent-environment.ts'
import { readProcessId } from '../session/liveness.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { recordFoundSession } from '../session/start.ts'
import { tidyUp } from '../session/tidy.ts'
import { type Build, endBuild, findLatestBuild, requireBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { takeLock } from '../store/lock.ts'
import { updateSession } from '../store/sessions.ts'
import { runBuild } from './run-build.ts'

const lockTimeoutMs = 15_000
/** After so many crashes within a minute the supervisor gives the build up. */
const maxCrashes = 5

/**
 * Takes the session's latest build to its end, alone: nothing is done without the supervisor's lock. Returns when
 * there is nothing left to do, however the build ended; a crash leaves everything for the next start.
 */
export async function supervise(
  scope: Scope,
  options: { readonly crashes: number; readonly waits: number; log(line: string): void },
): Promise<void> {
  const lock = await takeLock(scope.paths.supervisorLock, lockTimeoutMs, scope.world.signal)
  if (!lock) {
    options.log('another supervisor has this session')
    return
  }
  try {
    for (;;) {
      const build = findLatestBuild(scope.store, scope.guid)
      if (!build) break
      if (!isFinal(build.state)) await recordFoundSession(scope, build.build)
      announce(scope, build, options.waits > 0)
      const isGivenUp = options.crashes >= maxCrashes
      if (isGivenUp) giveUp(scope, build)
      // A build that has ended is looked at too: the process that ended it may have been killed before the
      // cleaning up.
      await runBuild(scope, build.build).catch((error: unknown) => {
        if (!isGivenUp) throw error
        options.log(`cleaning up failed too: ${String(error)}`)
      })
      if (!leave(scope, build)) continue
      // While the lock is held no new build brings its own.
      await removeAgentEnvironment(scope)
      await leaveNothing(scope, build.build)
      break
    }
  } finally {
    lock.release()
  }
}

function announce(scope: Scope, build: Build, isStillWaiting: boolean): void {
  const self = readProcessId(process.pid)
  scope.store.transact(() => {
    updateSession(scope.store, scope.guid, { supervisorProcess: self ?? null })
    // A stop may have ended it since it was read.
    const { state } = requireBuild(scope.store, scope.guid, build.build)
    if (!isFinal(state) && !isStillWaiting)
      appendEvent(scope.store, build, 'supervisor_started', { pid: process.pid })
  })
}

/**
 * Leaves in one step with the look at the records, so that a build that comes at this moment is seen by this
 * process or by the next.
 */
function leave(scope: Scope, done: Build): boolean {
  return scope.store.transact(() => {
    const latest = findLatestBuild(scope.store, scope.guid)
    if (latest && latest.build > done.build) return false
    if (latest && !isFinal(latest.state)) return false
    updateSession(scope.store, requireSession(scope).guid, { supervisorProcess: null })
    return true
  })
}

/**
 * Tidies up, which no one waits for any more. Where a command is at work already, that command or the next one
 * does it.
 */
async function leaveNothing(scope: Scope, number: number): Promise<void> {
  const { state } = requireBuild(scope.store, scope.guid, number)
  const lock = await takeLock(scope.paths.commandLock, 0, scope.world.signal)
  try {
    if (lock) await tidyUp(scope, state !== 'deployed')
  } finally {
    lock?.release()
  }
}

function giveUp(scope: Scope, build: Build): void {
  const message = `The supervisor crashed ${maxCrashes} times within a minute; ${scope.paths.supervisorLog} says why`
  endBuild(
    scope.store,
    build,
    'failed',
    { reason: 'internal', message },
    { reason: 'internal', message },
  )
}
