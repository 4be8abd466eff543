import { randomUUID } from 'node:crypto'
import { rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { agentArgv, isVisibleTo } from '../agents/launch.ts'
import type { AgentPlace } from '../agents/profile.ts'
import type { ProcessId } from '../domain/process-id.ts'
import { readAgentEnvironment } from '../session/agent-environment.ts'
import { endSessionProcesses } from '../session/end-session.ts'
import { pickEnvironment, renderOneLaunch, windowMarker } from '../session/launch-script.ts'
import { launchFile } from '../session/paths.ts'
import { isAlive, readProcessId } from '../session/processes.ts'
import { requireSession, serverOf } from '../session/scope.ts'
import { paneOf, readPanes } from '../session/session-panes.ts'
import { moveAside, writeFileAtomic } from '../session/write-files.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { type Delivery, recordSent } from '../store/deliveries.ts'
import { appendEvent } from '../store/events.ts'
import { updateSession } from '../store/sessions.ts'
import type { Pane } from '../tmux/panes.ts'
import { pipePaneCommand } from '../tmux/panes.ts'
import { launchOnce } from '../tmux/send-once.ts'
import { callTmux, requireTmux } from '../tmux/server.ts'
import { createWindow, sessionName } from '../tmux/windows.ts'
import { environmentForAgent } from './agent-role.ts'
import type { Run } from './run.ts'

/** Starts the agent once, with the delivery's line as its first message, and records that. */
export async function launchAgent(run: Run, build: Build, delivery: Delivery): Promise<void> {
  const { scope } = run
  // Two agents on one conversation would spoil it.
  await endSessionProcesses(scope, 'agent')
  await moveAside(scope.paths.hookLog, join(scope.paths.oldHookLogs, `${delivery.id}.jsonl`))
  // What the last process has used does not count for the next one.
  await rm(scope.paths.usage, { force: true })
  await writeLaunch(run, build, delivery)
  const pane = await requireAgentPane(run)
  const server = serverOf(requireSession(scope))
  await launchOnce(scope.world, server, pane.id, delivery.id, scope.paths.agentLog)
  await recordLaunched(run, build, delivery)
}

async function writeLaunch(run: Run, build: Build, delivery: Delivery): Promise<void> {
  const { paths } = run.scope
  const { profile } = run
  const session = requireSession(run.scope)
  const place: AgentPlace = {
    workspace: paths.workspace,
    agentFolder: paths.agent,
    promptsFolder: paths.prompts,
    hookLog: paths.hookLog,
    settingsFile: paths.agentSettings,
    usageFile: paths.usage,
    environment: {
      // Without a saved environment the agent gets what the supervisor may see, so that it starts and says what is
      // missing.
      ...environmentForAgent(
        run.scope,
        build,
        (await readAgentEnvironment(run.scope)) ??
          pickEnvironment(run.scope.world.env, (name) => isVisibleTo(profile, name)),
      ),
      ...profile.environment,
      ...windowMarker(run.scope, 'agent'),
    },
    options: build.agentOptions,
  }
  await profile.prepare(place)
  // A conversation belongs to its program: another program cannot open it.
  const isResumed =
    session.agent === profile.name && session.conversationUsed && session.conversation !== undefined
  const conversation = isResumed ? session.conversation : randomUUID()
  await run.scope.store.transact((tx) =>
    updateSession(tx, run.scope.guid, {
      agent: profile.name,
      conversation: conversation ?? null,
      conversationUsed: isResumed,
      // A conversation that is resumed may go on with its sum.
      ...(isResumed ? {} : { usageSeen: null }),
    }),
  )
  const argv = agentArgv(
    profile,
    { place, conversation: conversation ?? '', message: delivery.line },
    isResumed,
  )
  const script = renderOneLaunch({ folder: paths.workspace, environment: place.environment, argv })
  await writeFileAtomic(launchFile(paths, 'agent'), script)
}

/** Records a launch that tmux has done, which another supervisor may have asked for. */
export async function recordLaunched(run: Run, build: Build, delivery: Delivery): Promise<void> {
  const { scope } = run
  const pane = await requireAgentPane(run)
  const process = pane.isDead ? undefined : readProcessId(pane.pid)
  const session = requireSession(scope)
  await scope.store.transact((tx) => {
    // A process that has ended already is recorded too, because none at all would mean a lost tmux session.
    const ended: ProcessId = { pid: pane.pid, startTime: 0, bootId: '' }
    updateSession(tx, scope.guid, { agentProcess: process ?? ended })
    recordSent(tx, delivery.id)
    // The build may have been stopped meanwhile. Its agent is recorded all the same, so that it can be ended.
    if (requireBuild(tx, build.guid, build.build).endedAt !== undefined) return
    appendEvent(tx, build, 'agent_started', {
      agent: run.profile.name,
      conversation: session.conversation ?? '',
      resumed: session.conversationUsed,
      pid: pane.pid,
    })
  })
}

/** Returns the agent's pane, and makes its window again where that was closed by hand. */
export async function requireAgentPane(run: Run): Promise<Pane> {
  const { scope } = run
  const found = paneOf(await readPanes(scope), 'agent')
  if (found) return found
  const server = serverOf(requireSession(scope))
  const script = launchFile(scope.paths, 'agent')
  await rm(script, { force: true })
  await createWindow(scope.world, server, sessionName(scope.guid), 'agent', script)
  const made = paneOf(await readPanes(scope), 'agent')
  if (!made) throw new Error('the agent’s window was made and is not there')
  return made
}

/** Whether the agent that is running is this build's, so that it can go on in its conversation. */
export function hasLivingAgent(run: Run): boolean {
  const session = requireSession(run.scope)
  return session.agent === run.profile.name && isAlive(session.agentProcess)
}

/** Ends the agent and all that it started. */
export async function endAgent(run: Run): Promise<void> {
  await endSessionProcesses(run.scope, 'agent')
}

const exitLooks = 10
const exitLookMs = 100

/**
 * Reads how the agent's process ended, as far as tmux says so within a second. tmux 3.3a now and then misses a
 * SIGCHLD, and a `run-shell` makes it look.
 */
export async function readAgentExit(
  run: Run,
): Promise<{ exit_status: number | null; exit_signal: string | null }> {
  const { world } = run.scope
  const server = serverOf(requireSession(run.scope))
  let pane = paneOf(await readPanes(run.scope), 'agent')
  // A pane is dead as soon as its terminal is closed, but tmux knows the exit only when it has reaped the program.
  const isKnown = () => !pane || pane.exitStatus !== null || pane.exitSignal !== null
  for (let look = 0; !isKnown() && look < exitLooks; look++) {
    if (look > 0) await world.sleep(exitLookMs)
    await callTmux(world, server, [['run-shell', 'true']])
    pane = paneOf(await readPanes(run.scope), 'agent')
  }
  return { exit_status: pane?.exitStatus ?? null, exit_signal: pane?.exitSignal ?? null }
}

const maxLogBytes = 20 * 1024 * 1024

/**
 * Keeps the agent's log at two files of about 20 MB. Nothing is lost, because tmux writes into the old file until
 * the new pipe is open.
 */
export async function rotateAgentLog(run: Run): Promise<void> {
  const { world, paths } = run.scope
  const size = (await stat(paths.agentLog).catch(() => undefined))?.size ?? 0
  if (size < maxLogBytes) return
  const pane = paneOf(await readPanes(run.scope), 'agent')
  if (!pane || pane.isDead) return
  await rename(paths.agentLog, `${paths.agentLog}.1`)
  const server = serverOf(requireSession(run.scope))
  await requireTmux(world, server, [pipePaneCommand(pane.id, paths.agentLog)])
}
