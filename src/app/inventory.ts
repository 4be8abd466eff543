import type { TmuxBuilderError } from '../errors.ts'
import { callAws } from '../targets/aws/call-aws.ts'
import { errorOf, type Item } from '../targets/aws/messages.ts'
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
  const { world, home } = app
  const guid = guidOrPrefix === undefined ? undefined : resolveGuid(app, guidOrPrefix)
  const request = { do: 'inventory', home, guid, given, host: flags.host } as const
  const { items, failures } = await callAws(world, world.env, request)
  const dollars = items.reduce((sum, one) => sum + one.monthly_dollars, 0)
  return {
    resources: items,
    monthly_dollars: Math.round(dollars * 100) / 100,
    failure: tellFailures(
      failures.map(({ place: { profile, region }, error }) => ({
        name: `${profile === undefined ? 'the environment’s credentials' : `profile ${profile}`} in ${region}`,
        error: errorOf(error),
      })),
      'places could not be looked at',
      'tmux-builder inventory',
    ),
  }
}
