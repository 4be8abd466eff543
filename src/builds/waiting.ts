import { isFinal } from '../domain/build-state.ts'
import { redact } from '../secrets/redact.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild, updateBuild } from '../store/builds.ts'
import { appendEvent, findLastEvent } from '../store/events.ts'
import { listOpenQuestions } from '../store/questions.ts'

// Surroundings that are broken for a while (a full disk, a folder that cannot be written, a tmux that refuses) are
// waited for: they are neither the agent's failure nor a bug of this program.

const types = ['supervisor_waiting', 'supervisor_started', 'resumed'] as const

/** What the build's supervisor waits for, in its own sentence; `undefined`: it does not wait. */
export function findWaiting(store: Scope['store'], build: Build): string | undefined {
  if (isFinal(build.state)) return undefined
  const last = findLastEvent(store, build, types)
  return last?.type === 'supervisor_waiting' ? last.message : undefined
}

/** Tells what is waited for, once. */
export function recordWaiting({ store, guid }: Scope, cause: string): void {
  const message = redact(cause)
  store.transact(() => {
    const build = findLatestBuild(store, guid)
    if (!build || isFinal(build.state) || findWaiting(store, build) === message) return
    appendEvent(store, build, 'supervisor_waiting', { message })
  })
}

/** A step was taken again: whatever was waited for is over. */
export function recordGoingOn({ store }: Scope, build: Build): void {
  store.transact(() => {
    if (findWaiting(store, build) !== undefined)
      appendEvent(store, build, 'resumed', { by: 'supervisor' })
  })
}

/** A supervisor is present while it waits: the build's clock goes on, so that its time limit ends that too. */
export function countWaiting({ store, guid }: Scope, waitedMs: number): void {
  store.transact(() => {
    const build = findLatestBuild(store, guid)
    if (!build || build.waitUntil !== undefined || listOpenQuestions(store, build).length > 0)
      return
    updateBuild(store, guid, build.build, {
      clockMs: build.clockMs + Math.round(waitedMs),
      attemptClockMs: build.attemptClockMs + Math.round(waitedMs),
    })
  })
}
