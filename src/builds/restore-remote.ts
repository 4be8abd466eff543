import { isFinal } from '../domain/build-state.ts'
import { redact } from '../secrets/redact.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { findLastVerifiedRelease, hasBegunSince } from '../store/releases.ts'
import { programArgv } from '../world/package-root.ts'

/** A stack that is still being changed, the switch, and what a rollback may take to verify it. */
export const restoreTimeoutMs = 10 * 60_000

/**
 * On `aws` a build that was not deployed leaves the last verified release live. By a program of its own: it needs the
 * agent's credentials, and the SDK is none of the supervisor's.
 */
export async function restoreRemoteRelease(
  scope: Scope,
  build: Build,
  environment: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  if (build.target !== 'aws' || !isFinal(build.state)) return
  const { world, guid, store } = scope
  const { remoteRelease: live, rollback } = requireSession(scope)
  const verified = findLastVerifiedRelease(store, guid, 'aws')
  if (!verified) return
  // Neither a switch back that was cut short nor a deployment that may have been.
  if (verified.release === live && !rollback && !hasBegunSince(store, build, verified)) return
  world.notice(`making release ${verified.release} on aws live again`)
  const [file = '', ...args] = programArgv
  const done = await world.run(file, [...args, 'rollback', guid, String(verified.release)], {
    env: { ...world.env, ...environment },
    timeoutMs: restoreTimeoutMs,
    signal: world.signal,
  })
  world.signal.throwIfAborted()
  if (done.exitCode === 0) return
  // Its last words: the error and its cure.
  const why = (done.stderr.split('tmux-builder: ').at(-1) ?? '').trim().replace(/\s+/g, ' ')
  const message = redact(
    `release ${verified.release} could not be made live and verified; try it with: tmux-builder rollback ${guid.slice(0, 12)} ${verified.release}. ${why.slice(0, 500)}`,
  )
  world.notice(message)
  await store.transact((tx) => appendEvent(tx, build, 'deploy_step', { step: 'restore', message }))
}
