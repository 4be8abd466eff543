import { stat } from 'node:fs/promises'
import type { Build } from '../store/builds.ts'
import type { Session } from '../store/sessions.ts'
import { askToRedraw, type Pane } from '../tmux/panes.ts'
import { isAlive } from './processes.ts'
import { type Scope, serverOf } from './scope.ts'
import { paneOf } from './session-panes.ts'

/** The reason why a tmux session cannot be used again for a new build. */
export type Unfitness =
  | 'gone'
  | 'agent_dead'
  | 'wrong_program'
  | 'other_agent'
  | 'unresponsive'
  | 'too_old'

export const maxSessionAgeMs = 5 * 24 * 60 * 60 * 1000
const responseTimeoutMs = 10_000
const pollMs = 20

/**
 * Judges a session before a build, never during one. A fit session is alive, runs the program that was started,
 * responds within 10 s (nothing is typed for that) and is young enough. Returns `undefined` for a fit session.
 */
export async function judgeSession(
  scope: Scope,
  session: Session,
  panes: readonly Pane[],
  build: Build,
  previous: Build | undefined,
): Promise<Unfitness | undefined> {
  const pane = paneOf(panes, 'agent')
  if (!pane) return 'gone'
  if (isExpired(scope, session, pane)) return 'too_old'
  if (pane.isDead || !session.agentProcess) return 'agent_dead'
  if (pane.pid !== session.agentProcess.pid) return 'wrong_program'
  if (!isAlive(session.agentProcess)) return 'agent_dead'
  if (session.agent !== build.agent || !hasSameOptions(build, previous)) return 'other_agent'
  return (await isResponsive(scope, session, pane.id)) ? undefined : 'unresponsive'
}

/** Whether the tmux session is older than 5 days, by the records or, where a pane is given, also by tmux. */
export function isExpired({ world }: Pick<Scope, 'world'>, session: Session, pane?: Pane): boolean {
  const recorded = session.tmuxCreatedAt === undefined ? [] : [Date.parse(session.tmuxCreatedAt)]
  const made = Math.min(...recorded, ...(pane ? [pane.sessionCreated * 1000] : []))
  return world.now() - made > maxSessionAgeMs
}

/** An agent that lives on keeps the rights that it was started with, so another build must have the same. */
const hasSameOptions = (build: Build, previous: Build | undefined) =>
  previous === undefined || optionsOf(build) === optionsOf(previous)

const optionsOf = (build: Build) => JSON.stringify([build.agentOptions, build.place?.role])

/** Whether the program is alive: it redraws when its window changes size, and what it writes lands in the log. */
async function isResponsive(scope: Scope, session: Session, pane: string): Promise<boolean> {
  const { world } = scope
  const before = await readLogState(scope.paths.agentLog)
  // After a clock was set back the time of the log lies ahead, which says nothing.
  const silentMs = world.now() - before.writtenAt
  if (silentMs >= 0 && silentMs < responseTimeoutMs) return true
  let responded = false
  await askToRedraw(world, serverOf(session), pane, async () => {
    const deadline = world.elapsed() + responseTimeoutMs
    while (!responded && world.elapsed() < deadline) {
      await world.sleep(pollMs)
      responded = (await readLogState(scope.paths.agentLog)).size !== before.size
    }
  })
  return responded
}

async function readLogState(file: string): Promise<{ size: number; writtenAt: number }> {
  const stats = await stat(file).catch(() => undefined)
  return { size: stats?.size ?? 0, writtenAt: stats?.mtimeMs ?? 0 }
}
