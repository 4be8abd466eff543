import { deleteBuffers } from '../tmux/input.ts'
import { requireSession, type Scope, serverOf } from './scope.ts'
import { removeTemporaryFiles, removeTemporarySites, trimOldLogs } from './sweep.ts'

/** What the ids of a session's deliveries begin with. */
export const deliveryIdStart = (guid: string): string => `${guid.slice(0, 8)}-`

/**
 * Removes what killed processes of ours had begun and not finished, when a build or the session has ended. Needs the
 * command lock, and no supervisor at work.
 */
export async function tidyUp(scope: Scope, isAgentGone: boolean): Promise<void> {
  await removeTemporaryFiles(scope.paths)
  if (isAgentGone) await removeTemporarySites(scope.paths)
  await trimOldLogs(scope.paths)
  const server = serverOf(requireSession(scope))
  await deleteBuffers(scope.world, server, deliveryIdStart(scope.guid))
}
