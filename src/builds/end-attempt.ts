import { decideRetry } from '../domain/retry.ts'
import { redactValue } from '../secrets/redact.ts'
import { endSessionProcesses } from '../session/end-session.ts'
import { endAttempt } from '../store/attempts.ts'
import { type Build, endBuild, updateBuild, whileRunning } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { appendEvent } from '../store/events.ts'
import { updateSession } from '../store/sessions.ts'
import { restoreVerifiedRelease } from '../targets/local/live-preview.ts'
import { endAgent, hasLivingAgent, readAgentExit } from './agent-window.ts'
import { describeEnd, describeFailure, sentence } from './describe-failure.ts'
import type { Failure, FailureReason } from './next-step.ts'
import { restoreRemoteRelease } from './roll-back.ts'
import { type Run, readBuild } from './run.ts'

/** After these failures the agent's process is of no use to the next attempt. */
const spoiling: readonly FailureReason[] = [
  'agent_failed',
  'limit',
  'agent_start',
  'prompt_not_accepted',
  'permission',
  'stalled',
  'attempt_timeout',
]

/** Ends an attempt. The next one follows after a pause, or the build has failed. */
export async function failAttempt(run: Run, build: Build, found: Failure): Promise<void> {
  const failure = redactValue(found)
  const { store, guid } = run.scope
  const detail = await describeFailure(run, build, failure)
  // A shutdown ends the agent and the supervisor together, so an agent that ended first has not failed.
  run.scope.world.signal.throwIfAborted()
  const hasExited = build.attempt > 0 && !hasLivingAgent(run)
  const exit = hasExited ? await readAgentExit(run) : undefined
  if (spoiling.includes(failure.reason)) await endAgent(run)
  // The program may be unable to open this conversation, or its API to take it, so the next attempt begins a new
  // one.
  if (failure.reason === 'agent_start' || failure.reason === 'agent_failed')
    await store.transact((tx) =>
      updateSession(tx, guid, { conversation: null, conversationUsed: false }),
    )
  await whileRunning(store, build, (tx) => {
    if (failure.seen) appendEvent(tx, build, 'verify_failed', failure.seen)
    if (exit) appendEvent(tx, build, 'agent_exited', exit)
    endAttempt(tx, build, failure.reason, detail)
    const decision = decideRetry(build.settings, build.attempt)
    if (decision.do === 'end') return recordFailed(tx, run, build, failure)
    const until = new Date(run.scope.world.now() + decision.pauseMs).toISOString()
    updateBuild(tx, build, {
      state: 'retrying',
      message: failure.message,
      waitUntil: until,
    })
    appendEvent(tx, build, 'retry', {
      reason: failure.reason,
      message: sentence(failure.message),
      next_attempt: build.attempt + 1,
      pause_seconds: Math.round(decision.pauseMs / 1000),
    })
  })
}

/** Ends the build as failed, even if attempts are left. */
export async function failBuild(run: Run, build: Build, failure: Failure): Promise<void> {
  const detail = await describeFailure(run, build, failure)
  await whileRunning(run.scope.store, build, (tx) => {
    if (build.attempt > 0) endAttempt(tx, build, failure.reason, detail)
    recordFailed(tx, run, build, failure)
  })
}

function recordFailed(tx: Tx, run: Run, build: Build, failure: Failure): void {
  const { reason } = failure
  const message = describeEnd(run, build, failure)
  endBuild(tx, build, 'failed', { reason, message: failure.message }, { reason, message })
}

/**
 * Leaves only the last verified release live after a build that was not deployed. It may be repeated: the next
 * supervisor does so after a kill, and so does one that is started with the preview.
 */
export async function cleanUp(run: Run): Promise<void> {
  const { scope } = run
  await endAgent(run)
  await restoreRemoteRelease(scope, readBuild(run))
  if (!(await restoreVerifiedRelease(scope))) await endSessionProcesses(scope, 'preview')
}
