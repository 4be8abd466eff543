import { conflict } from '../errors.ts'
import { readServerPid } from '../tmux/server.ts'
import { beganInSession, markerNames, readAncestors } from './processes.ts'
import { requireSession, type Scope, serverOf } from './scope.ts'

/**
 * Whether this process came from the session itself: by its environment, by its ancestors (a variable can be
 * unset), or by the session's tmux server (which runs a command for anybody who asks). An agent that escapes all
 * three has the user's own rights, and only a sandbox could keep it.
 */
export async function isInsideSession(scope: Scope): Promise<boolean> {
  const { world, guid } = scope
  if (world.env[markerNames.session] === guid) return true
  const ancestors = readAncestors()
  if (ancestors.some((pid) => beganInSession(pid, guid))) return true
  const server = await readServerPid(world, serverOf(requireSession(scope)))
  return server !== undefined && ancestors.includes(server)
}

/** Throws `conflict` inside the session, because an agent must not answer its own questions. */
export async function requireOutsideSession(scope: Scope): Promise<void> {
  if (!(await isInsideSession(scope))) return
  throw conflict(
    'Questions cannot be answered from inside their session: the agent would answer itself.',
    'Answer from a terminal outside the session’s panes',
  )
}
