import { join } from 'node:path'
import type { BuildPlace } from '../domain/build-settings.ts'
import { type Identity, shortGuid } from '../domain/identity.ts'
import { notReady } from '../errors.ts'
import { readAgentEnvironment, writeAgentEnvironment } from '../session/agent-environment.ts'
import { endSessionProcesses } from '../session/end-session.ts'
import { type LockedSession, withSessionLock, withSupervisorLock } from '../session/locks.ts'
import type { Scope } from '../session/scope.ts'
import { readPanesToStart } from '../session/session-panes.ts'
import {
  ensureSupervisor,
  ensureTmuxSession,
  hasSupervisor,
  prepareSession,
} from '../session/start.ts'
import { writeFileAtomic } from '../session/write-files.ts'
import { type Build, createBuild, requireBuild } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { nextPromptNumber, takePromptNumber } from '../store/deliveries.ts'
import { ensureSession, restoreSession } from '../store/sessions.ts'
import { extendVariables } from '../targets/aws/aws-variables.ts'
import { keepPreview } from '../targets/local/live-preview.ts'
import type { Variables } from '../world/world.ts'
import type { BuildPlan } from './build-options.ts'

/** How long the supervisor of an ended build may take to clean up and exit. */
const leaveTimeoutMs = 20_000

/** A build that is to be recorded and handed over. */
export interface NewBuild {
  readonly command: 'register' | 'refine'
  readonly identity: Identity
  readonly bytes: Uint8Array
  readonly hash: string
  readonly plan: BuildPlan
  readonly place: BuildPlace | undefined
  /** What else is recorded in the transaction that records the build. */
  readonly alsoRecord: (tx: Tx) => void
}

/** Records the build, makes its surroundings, and returns its number when a supervisor holds it. */
export async function handOver(scope: LockedSession, wanted: NewBuild): Promise<number> {
  const { store, guid, paths } = scope
  const panes = await readPanesToStart(scope)
  let build = 0
  const isDone = await withSupervisorLock(scope, leaveTimeoutMs, async () => {
    build = await recordBuild(scope, wanted)
    await prepareSession(scope, requireBuild(store, guid, build), panes)
  })
  if (!isDone)
    throw notReady(
      'The supervisor of the last build did not exit in time.',
      `Its log says why: ${paths.supervisorLog}. Or end it: tmux-builder stop ${shortGuid(guid)}`,
    )
  await ensureSupervisor(scope)
  await keepPreview(scope)
  return build
}

async function recordBuild(scope: Scope, wanted: NewBuild): Promise<number> {
  const { store, guid, paths } = scope
  const { command, identity, bytes, hash, plan, place } = wanted
  const number = nextPromptNumber(store, guid)
  const requestFile = join('prompts', `${String(number).padStart(3, '0')}-request.md`)
  await writeFileAtomic(join(paths.folder, requestFile), bytes)
  await writeAgentEnvironment(scope, plan.agentEnvironment)
  return store.transact((tx) => {
    ensureSession(tx, guid, identity)
    restoreSession(tx, guid)
    wanted.alsoRecord(tx)
    takePromptNumber(tx, guid, number)
    return createBuild(tx, {
      guid,
      command,
      requestHash: hash,
      requestBytes: bytes.length,
      requestFile,
      agent: plan.agent,
      agentOptions: plan.agentOptions,
      target: plan.target,
      settings: plan.settings,
      place,
    })
  })
}

/**
 * Gives an unfinished build without a supervisor its tmux session, a supervisor and its preview; the attempt
 * and the agent's conversation continue. Returns when a supervisor holds it.
 */
export async function goOn(
  scope: LockedSession,
  build: Build,
  agentEnvironment: Variables,
): Promise<void> {
  const panes = await readPanesToStart(scope)
  // A supervisor that outlived its tmux session cannot work, but still holds the lock.
  if (panes.length === 0) await endSessionProcesses(scope, 'supervisor')
  await withSupervisorLock(scope, 0, async () => {
    const before = await readAgentEnvironment(scope)
    // At boot this command has none of the keys that the build was started with, so those stay.
    await writeAgentEnvironment(scope, extendVariables(before ?? {}, agentEnvironment))
    if (build.attempt === 0) await prepareSession(scope, build, panes)
    else await ensureTmuxSession(scope, build)
  })
  await ensureSupervisor(scope)
  await keepPreview(scope)
}

/** Gives a build whose supervisor is gone a new one, unless another command does so at the same moment. */
export async function takeOver(
  scope: Scope,
  build: number,
  agentEnvironment: Variables,
): Promise<void> {
  await withSessionLock(scope, async (locked) => {
    const record = requireBuild(scope.store, scope.guid, build)
    if (record.endedAt !== undefined || hasSupervisor(scope)) return
    await goOn(locked, record, agentEnvironment)
  })
}
