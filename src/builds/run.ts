import type { AgentActivity } from '../agents/hook-log.ts'
import type { AgentProfile } from '../agents/profile.ts'
import type { Scope } from '../session/scope.ts'
import type { Wakeup } from '../session/watch.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { type Delivery, listDeliveries } from '../store/deliveries.ts'
import type { Clock } from './clock.ts'
import type { SilenceWatch } from './silence.ts'

/** One build under supervision: what its steps share. Records are read anew by each step; only this is in memory. */
export interface Run {
  readonly scope: Scope
  readonly number: number
  readonly profile: AgentProfile
  readonly wakeup: Wakeup
  readonly clock: Clock
  /** For how long this process has looked, in milliseconds: what its waiting is measured by. */
  lookedMs(): number
  readonly silence: SilenceWatch
  /** Reads what the agent's hooks say. */
  readHooks(): Promise<AgentActivity>
  /** By `lookedMs`: since when the prompt under way is on its way, as far as this process knows. */
  sentAt: number | undefined
  /** Since when the agent is past its start. */
  readyAt: number | undefined
  /** Since when a proof of its acceptance is waited for, before Enter is pressed again. */
  askedAt: number | undefined
  /** How the agent's last turn had failed before it was given the line under way, which it may take without a hook. */
  oldFailure: AgentActivity['failure']
  /** The problem of a status.json that was seen once, waiting for a second look. */
  doubtfulReport: { readonly problem: string; readonly since: number } | undefined
  /** The pause under way: until when by the time of day, and when it is over at the latest. */
  pause: { readonly until: string; readonly endsAt: number } | undefined
  /** For how long each open question had been open, and at which look. */
  readonly openQuestions: Map<string, { readonly ageMs: number; readonly at: number }>
  /** Since when the agent waits for an approval without having written what for. */
  unnamedQuestionAt: number | undefined
  log(line: string): void
}

/** The build as its record stands now. */
export const readBuild = (run: Run): Build =>
  requireBuild(run.scope.store, run.scope.guid, run.number)

/** The prompt that the attempt began with. */
export function findFirstDelivery(run: Run, build: Build): Delivery | undefined {
  return build.attempt === 0 ? undefined : listDeliveries(run.scope.store, build)[0]
}
