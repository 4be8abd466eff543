import type { AgentActivity } from '../agents/hook-log.ts'
import type { AgentProfile } from '../agents/profile.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { type Delivery, listDeliveries } from '../store/deliveries.ts'
import type { Wakeup } from '../workspace/watch.ts'
import type { Clock } from './clock.ts'

/** One build under supervision: what its steps share. Records are read anew by each step; only this is in memory. */
export interface Run {
  readonly scope: Scope
  readonly number: number
  readonly profile: AgentProfile
  readonly wakeup: Wakeup
  readonly clock: Clock
  /** Milliseconds since the epoch. */
  readonly startedAt: number
  /** Reads what the agent's hooks say. */
  readHooks(): Promise<AgentActivity>
  /** Milliseconds since the epoch: since when the prompt under way is on its way, as far as this process knows. */
  sentAt: number | undefined
  /** Since when the agent is past its start. */
  readyAt: number | undefined
  /** Since when a proof of its acceptance is waited for, before Enter is pressed again. */
  askedAt: number | undefined
  /** The problem of a status.json that was seen once, waiting for a second look. */
  doubtfulReport: { readonly problem: string; readonly since: number } | undefined
  log(line: string): void
}

/** The build as its record stands now. */
export const readBuild = (run: Run): Build =>
  requireBuild(run.scope.store, run.scope.guid, run.number)

/** The prompt that the attempt began with. */
export function findFirstDelivery(run: Run, build: Build): Delivery | undefined {
  return build.attempt === 0 ? undefined : listDeliveries(run.scope.store, build)[0]
}
