import type { Wakeup } from '../session/watch.ts'
import { type Build, requireBuild } from '../store/builds.ts'
import { type Delivery, listDeliveries } from '../store/deliveries.ts'
import type { Memory } from './memory.ts'
import { promptOf, type Watched } from './observe.ts'

/** What the steps of one supervised build share. Each step reads the records anew, so only this is in memory. */
export interface Run extends Watched {
  readonly wakeup: Wakeup
  memory(): Memory
  /** This is the only way to change what is remembered. */
  remember(change: (before: Memory) => Memory): void
}

/** Reads the record of the build as it is now. */
export const readBuild = (run: Run): Build =>
  requireBuild(run.scope.store, run.scope.guid, run.number)

/** Reads the prompt that the attempt began with. */
export const findPrompt = (run: Run, build: Build): Delivery | undefined =>
  promptOf({ deliveries: listDeliveries(run.scope.store, build) })
