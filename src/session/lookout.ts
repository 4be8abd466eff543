import { programArgv } from '../package-root.ts'
import { lookoutEnvironment } from './launch-environment.ts'
import type { Scope } from './scope.ts'

/** Internal, for tests: seconds between two looks. */
export const lookAgainVariable = 'TMUX_BUILDER_LOOK_AGAIN'
const defaultPauseSeconds = '30'

// A shell that sleeps takes a fiftieth of the memory of a program that does.
const script = `(
  pause=$1
  shift
  for look in 1 2 3 4; do
    sleep "$pause"
    "$@" || exit 0
  done
) </dev/null >/dev/null 2>&1 &`

/**
 * Has the session looked at again, four times within two minutes: something that hid its marker when the processes
 * were ended (or was started later, by a job of `at`) may come back. The lookout is no process of the session, holds
 * nothing, and ends by itself: after its last look, or as soon as the session is in use again or gone.
 */
export async function startLookout(scope: Scope): Promise<void> {
  const pause = scope.context.env[lookAgainVariable] ?? defaultPauseSeconds
  await scope.context.run(
    '/bin/sh',
    ['-c', script, 'tmux-builder', pause, ...programArgv, 'look-again', scope.guid],
    { env: lookoutEnvironment(scope) },
  )
}
