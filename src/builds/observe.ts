import type { Activity, ActivityWatch } from '../agents/activity.ts'
import type { AgentProfile } from '../agents/profile.ts'
import type { Report } from '../domain/report.ts'
import { redact } from '../secrets/redact.ts'
import { type AgentFile, readReport } from '../session/agent-files.ts'
import { isAlive } from '../session/processes.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { requireBuild } from '../store/builds.ts'
import { type Delivery, listDeliveries } from '../store/deliveries.ts'
import { findLastEvent } from '../store/events.ts'
import { listAttemptQuestions, type QuestionsSeen, readAsked } from './agent-questions.ts'
import { readSigns, type Signs } from './silence.ts'

/** What a look needs to know of the build that it looks at. */
export interface Watched {
  readonly scope: Scope
  readonly number: number
  readonly profile: AgentProfile
  readonly agent: ActivityWatch
  /** The stopwatch: for how many milliseconds this process has looked. All its waits are measured by it. */
  lookedMs(): number
}

/** Everything that one look sees. */
export interface Snapshot extends QuestionsSeen {
  /** The time of day, in milliseconds since the epoch, and the stopwatch. */
  readonly now: number
  readonly lookedMs: number
  /** `lost` means that it went with its tmux session and did not end by itself. */
  readonly agent: 'alive' | 'ended' | 'lost'
  /** The agent may take this long from its start until it is ready. */
  readonly startTimeoutMs: number
  readonly activity: Activity
  /** The deliveries of the attempt, oldest first: its prompt, then the lines that follow it. */
  readonly deliveries: readonly Delivery[]
  readonly report: AgentFile<Report>
  /** The problem of status.json that the journal holds, if no good report is recorded after it. */
  readonly recordedProblem: string | undefined
  readonly signs: Signs
}

/** Looks once at the records and at the agent's files, activity and process. It changes nothing. */
export async function observe({
  scope,
  number,
  profile,
  agent,
  lookedMs,
}: Watched): Promise<Snapshot> {
  const { world, store, guid, paths } = scope
  // The process is looked at first, so that everything that it wrote before it ended is read.
  const { agentProcess } = requireSession(scope)
  const state = agentProcess === undefined ? 'lost' : isAlive(agentProcess) ? 'alive' : 'ended'
  const activity = await agent.look()
  const build = requireBuild(store, guid, number)
  const lastSaid = findLastEvent(store, build, ['status', 'status_invalid'])
  const records = {
    build,
    questions: listAttemptQuestions(store, build),
    deliveries: build.attempt === 0 ? [] : listDeliveries(store, build),
    recordedProblem: lastSaid?.type === 'status_invalid' ? lastSaid.problem : undefined,
    now: world.now(),
    lookedMs: lookedMs(),
  }
  const signs = await readSigns(paths)
  const report = await readReport(paths.report)
  return {
    ...records,
    agent: state,
    startTimeoutMs: profile.startTimeoutMs,
    activity,
    signs,
    report: report.kind === 'invalid' ? { ...report, problem: redact(report.problem) } : report,
    asked: await readAsked(scope),
  }
}

/** The prompt that the attempt began with. */
export const promptOf = ({ deliveries }: Pick<Snapshot, 'deliveries'>): Delivery | undefined =>
  deliveries[0]

/** The newest line after the prompt, unless the agent has taken it. */
export function lineOf({ deliveries }: Pick<Snapshot, 'deliveries'>): Delivery | undefined {
  const last = deliveries.slice(1).at(-1)
  return last?.state === 'confirmed' ? undefined : last
}
