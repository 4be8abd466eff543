import { conflict } from '../errors.ts'
import { readServerPid } from '../tmux/server.ts'
import { beganInSession, markerNames, readAncestors } from './processes.ts'
import { requireSession, type Scope, serverOf } from './scope.ts'

/**
 * Whether this process came from the session itself: by its environment, by what it descends from (a variable can be
 * unset), or from the session's tmux server (which runs a command for whoever asks it). An agent that leaves all three
 * behind has the user's own rights: what keeps it then is a sandbox.
 */
export async function isInsideSession(scope: Scope): Promise<boolean> {
  const { world, guid } = scope
  if (world.env[markerNames.session] === guid) return true
  const ancestors = readAncestors()
  if (ancestors.some((pid) => beganInSession(pid, guid))) return true
  const server = await readServerPid(world, serverOf(requireSession(scope)))
  return server !== undefined && ancestors.includes(server)
}

/** Exit 6: an agent does not answer itself. */
export async function requireOutsideSession(scope: Scope): Promise<void> {
  if (!(await isInsideSession(scope))) return
  throw conflict(
    'Questions of a session are not answered from inside it: the agent would answer itself.',
    'Answer from a terminal of your own, outside the session’s panes',
  )
}
