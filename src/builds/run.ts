import type { Wakeup } from '../session/watch.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { type Delivery, listDeliveries } from '../store/deliveries.ts'
import type { Memory } from './memory.ts'
import type { Watched } from './observe.ts'

/** One build under supervision: what its steps share. Each step reads the records anew; only this is in memory. */
export interface Run extends Watched {
  readonly wakeup: Wakeup
  memory(): Memory
  /** The one way to change what is remembered. */
  remember(change: (before: Memory) => Memory): void
}

/** The build as its record stands now. */
export const readBuild = (run: Run): Build =>
  requireBuild(run.scope.store, run.scope.guid, run.number)

/** The prompt that the attempt began with. */
export function findFirstDelivery(run: Run, build: Build): Delivery | undefined {
  return build.attempt === 0 ? undefined : listDeliveries(run.scope.store, build)[0]
}
