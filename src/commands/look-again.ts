import type { Context } from '../context.ts'
import { isFinal } from '../domain/build-state.ts'
import { exitCodes } from '../errors.ts'
import { endSessionProcesses } from '../session/end.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { logLine } from '../session/supervisor-log.ts'
import { findLatestBuild } from '../store/builds.ts'
import { takeLock } from '../store/lock.ts'
import type { WindowName } from '../workspace/paths.ts'
import { openSession } from './open.ts'

/** Whoever has the lock for that long makes or ends something here. */
const lockTimeoutMs = 20_000

/**
 * What the lookout runs: ends what came back since a build failed, or since the session was ended. Any exit code but 0:
 * there is nothing more to look for.
 */
export async function lookAgain(context: Context, guid: string): Promise<number> {
  const scope = openSession(context, guid)
  const lock = await takeLock(scope.paths.commandLock, lockTimeoutMs, context.signal)
  if (!lock) return exitCodes.ok
  try {
    const ended = lock.isLost ? undefined : findEnded(scope)
    if (!ended) return exitCodes.conflict
    const processes = await endSessionProcesses(scope, ended.window)
    if (processes > 0) logLine(scope, `ended ${processes} that came back after the end`)
    return exitCodes.ok
  } finally {
    lock.release()
  }
}

/** What is to be ended: the agent's part after a failed build, everything where the session was ended. */
function findEnded(scope: Scope): { readonly window?: WindowName } | undefined {
  const build = findLatestBuild(scope.store, scope.guid)
  if (build && !isFinal(build.state)) return undefined
  if (requireSession(scope).tmuxCreatedAt === undefined) return {}
  return build?.state === 'failed' ? { window: 'agent' } : undefined
}
