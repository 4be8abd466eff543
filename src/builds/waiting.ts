import { isFinal } from '../domain/build-state.ts'
import { redact } from '../secrets/redact.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild, updateBuild, whileRunning } from '../store/builds.ts'
import type { Reader } from '../store/database.ts'
import { appendEvent, findLastEvent } from '../store/events.ts'
import { listOpenQuestions } from '../store/questions.ts'

// The supervisor waits for surroundings that are broken for a while (a full disk, a folder that cannot be written,
// a tmux that refuses), because they are neither the agent's failure nor a bug of this program.

const types = ['supervisor_waiting', 'supervisor_started', 'resumed'] as const

/** Returns what the build's supervisor waits for, in its own sentence; `undefined` when it does not wait. */
export function findWaiting(store: Reader, build: Build): string | undefined {
  if (isFinal(build.state)) return undefined
  const last = findLastEvent(store, build, types)
  return last?.type === 'supervisor_waiting' ? last.message : undefined
}

/** Records what the supervisor waits for, unless the last record says so already. */
export async function recordWaiting({ store, guid }: Scope, cause: string): Promise<void> {
  const message = redact(cause)
  await store.transact((tx) => {
    const build = findLatestBuild(tx, guid)
    if (!build || isFinal(build.state) || findWaiting(tx, build) === message) return
    appendEvent(tx, build, 'supervisor_waiting', { message })
  })
}

/** Records that a step was taken again, so that what was waited for is over. */
export async function recordGoingOn({ store }: Scope, build: Build): Promise<void> {
  if (findWaiting(store, build) === undefined) return
  await whileRunning(store, build, (tx) => {
    if (findWaiting(tx, build) !== undefined)
      appendEvent(tx, build, 'resumed', { by: 'supervisor' })
  })
}

/** Counts the time of a wait for the build, so that its time limit ends a wait too. */
export async function countWaiting({ store, guid }: Scope, waitedMs: number): Promise<void> {
  await store.transact((tx) => {
    const build = findLatestBuild(tx, guid)
    if (!build || build.waitUntil !== undefined || listOpenQuestions(tx, build).length > 0) return
    updateBuild(tx, build, {
      clockMs: build.clockMs + Math.round(waitedMs),
      attemptClockMs: build.attemptClockMs + Math.round(waitedMs),
    })
  })
}
