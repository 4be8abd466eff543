import type { TmuxBuilderError } from '../errors.ts'
import type { Item } from '../targets/aws/read-inventory.ts'
import { parseAwsFlags } from './aws-flags.ts'
import { type App, resolveGuid } from './open-app.ts'
import { tellFailures } from './tell-failures.ts'

export interface InventoryFlags {
  readonly awsProfile?: string
  readonly region?: string
  readonly host?: string
}

export interface Inventory {
  readonly resources: readonly Item[]
  readonly monthly_dollars: number
  /** Tells of each place that could not be looked at. */
  readonly failure: TmuxBuilderError | undefined
}

/** What exists in AWS of one session or of all, with what it costs roughly a month. */
export async function inventory(
  app: App,
  guidOrPrefix: string | undefined,
  flags: InventoryFlags,
): Promise<Inventory> {
  const given = parseAwsFlags(flags)
  const { store, world } = app
  const guid = guidOrPrefix === undefined ? undefined : resolveGuid(app, guidOrPrefix)
  const { readInventory } = await import('../targets/aws/read-inventory.ts')
  const wish = { ...given, host: flags.host }
  const { items, failures } = await readInventory(world, store, guid, wish)
  const dollars = items.reduce((sum, one) => sum + one.monthly_dollars, 0)
  return {
    resources: items,
    monthly_dollars: Math.round(dollars * 100) / 100,
    failure: tellFailures(
      failures.map(({ place: { profile, region }, error }) => ({
        name: `${profile === undefined ? 'the environment’s credentials' : `profile ${profile}`} in ${region}`,
        error,
      })),
      'places could not be looked at',
      'tmux-builder inventory',
    ),
  }
}
