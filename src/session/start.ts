import { notReady } from '../errors.ts'
import { type Build, findBuild, findLatestBuild } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { updateSession } from '../store/sessions.ts'
import type { Pane } from '../tmux/panes.ts'
import {
  createSession,
  createWindow,
  readSocketPath,
  respawnPane,
  sessionName,
} from '../tmux/windows.ts'
import { endSession } from './end-session.ts'
import { runsThisProgram, writeOwnScripts } from './folder.ts'
import { isExpired, judgeSession } from './health.ts'
import type { LockedSession, SupervisedSession } from './locks.ts'
import { launchFile } from './paths.ts'
import { isAlive } from './processes.ts'
import { realHome, requireSession, type Scope, serverOf } from './scope.ts'
import { awaitWindow, paneOf, readPanes, readPanesToStart } from './session-panes.ts'

const supervisorStartTimeoutMs = 20_000

/**
 * Prepares the tmux session for a build that has not begun: a healthy one is used again, any other is replaced.
 */
export async function prepareSession(
  scope: LockedSession,
  build: Build,
  panes: readonly Pane[],
): Promise<void> {
  const session = requireSession(scope)
  const place = { guid: scope.guid, build: build.build }
  if (panes.length === 0 && session.tmuxCreatedAt === undefined)
    return createAnew(scope, build.build)
  const previous = findBuild(scope.store, scope.guid, build.build - 1)
  const unfitness = await judgeSession(scope, session, panes, build, previous)
  if (unfitness === undefined) {
    await scope.store.transact((tx) =>
      appendEvent(tx, place, 'session_reused', { tmux_session: sessionName(scope.guid) }),
    )
    return
  }
  await endSession(scope, build.build, unfitness)
  await createAnew(scope, build.build, unfitness)
}

/**
 * Makes a tmux session where there is none, without judging one that is there, for a build that goes on or for a
 * preview.
 */
export async function ensureTmuxSession(scope: LockedSession, build: Build): Promise<void> {
  if ((await readPanesToStart(scope)).length > 0) return
  const isLost = requireSession(scope).tmuxCreatedAt !== undefined
  // Processes that outlived it are ended first, because an agent that is still alive has the conversation.
  await endSession(scope, build.build, 'gone')
  await createAnew(scope, build.build, isLost ? 'gone' : undefined)
}

/** Ends a session that is too old. It is never called during a build. */
export async function endExpiredSession(scope: LockedSession, build: Build): Promise<void> {
  if (isExpired(scope, requireSession(scope))) await endSession(scope, build.build, 'too_old')
}

async function createAnew(scope: LockedSession, build: number, reason?: string): Promise<void> {
  // The server is named, because tmux then makes its folder (a reboot removes it), which it does not do for a
  // recorded socket.
  const server = serverOf({ tmuxSocket: undefined })
  await writeOwnScripts(scope)
  const socket = await createSession(scope.world, server, {
    guid: scope.guid,
    home: realHome(scope),
    agentScript: launchFile(scope.paths, 'agent'),
    supervisorScript: launchFile(scope.paths, 'supervisor'),
  })
  if (socket !== undefined) await recordCreated(scope, build, socket, scope.world.now(), reason)
  // A session of that name exists: either it is another home's (`conflict`), or its maker was killed before it had
  // recorded it.
  else await recordFoundSession(scope, build)
}

/** Records a tmux session whose maker was killed before it could do so. */
export async function recordFoundSession(
  scope: LockedSession | SupervisedSession,
  build: number,
): Promise<void> {
  const session = requireSession(scope)
  const [pane] = session.tmuxCreatedAt === undefined ? await readPanes(scope) : []
  if (!pane) return
  const socket = await readSocketPath(scope.world, serverOf(session), sessionName(scope.guid))
  await recordCreated(scope, build, socket, pane.sessionCreated * 1000)
}

async function recordCreated(
  scope: Scope,
  build: number,
  socket: string,
  createdAtMs: number,
  reason?: string,
): Promise<void> {
  await scope.store.transact((tx) => {
    updateSession(tx, scope.guid, {
      tmuxSocket: socket,
      tmuxCreatedAt: new Date(createdAtMs).toISOString(),
      agentProcess: null,
      previewProcess: null,
    })
    appendEvent(tx, { guid: scope.guid, build }, 'session_created', {
      tmux_session: sessionName(scope.guid),
      ...(reason === undefined ? {} : { reason }),
    })
  })
}

/**
 * Starts the supervisor unless one runs, and waits until it has taken the session; throws `not_ready` when none
 * does.
 */
export async function ensureSupervisor(scope: LockedSession): Promise<void> {
  if (hasSupervisor(scope)) return
  const server = serverOf(requireSession(scope))
  const pane = paneOf(await readPanes(scope), 'supervisor')
  if (!pane) {
    await writeOwnScripts(scope)
    const script = launchFile(scope.paths, 'supervisor')
    await createWindow(scope.world, server, sessionName(scope.guid), 'supervisor', script)
  } else if (pane.isDead || !(await runsThisProgram(scope))) {
    await writeOwnScripts(scope)
    await respawnPane(scope.world, server, pane.id)
  }
  const isStarted = () => hasSupervisor(scope) || hasEnded(scope) || undefined
  if (!(await awaitWindow(scope, 'supervisor', supervisorStartTimeoutMs, isStarted)))
    throw notReady(
      `The supervisor did not start within ${supervisorStartTimeoutMs / 1000} s.`,
      `Its log says why: ${scope.paths.supervisorLog}; run the same command again to go on`,
    )
}

/** A short build may be over before its supervisor was seen. */
const hasEnded = (scope: Scope) => findLatestBuild(scope.store, scope.guid)?.endedAt !== undefined

/** A supervisor may be missing for this long before a command acts on it. */
export const missingSupervisorMs = 10_000

/** Whether the recorded supervisor of the session is alive. */
export const hasSupervisor = (scope: Scope): boolean =>
  isAlive(requireSession(scope).supervisorProcess)
