import type { TmuxBuilderError } from '../errors.ts'
import { callAws } from '../targets/aws/call-aws.ts'
import { type AwsGiven, errorOf, type Item } from '../targets/aws/messages.ts'
import { joinFailures } from './join-failures.ts'
import { type App, resolveGuid } from './open-app.ts'

export interface InventoryInput {
  /** Default: all sessions. */
  readonly guid?: string | undefined
  /** Only what serves this host. */
  readonly host?: string | undefined
  /** Where to look, beside the places that the records name. */
  readonly given: AwsGiven
}

export interface Inventory {
  readonly resources: readonly Item[]
  readonly monthly_dollars: number
  /** Names each place that could not be looked at. */
  readonly failure: TmuxBuilderError | undefined
}

/** Lists what one session or all sessions have in AWS, with its approximate monthly cost. */
export async function inventory(app: App, input: InventoryInput): Promise<Inventory> {
  const { world, home } = app
  const { host, given } = input
  const guid = input.guid === undefined ? undefined : resolveGuid(app, input.guid)
  const request = { do: 'inventory', home, guid, given, host } as const
  const { items, failures } = await callAws(world, world.env, request)
  const dollars = items.reduce((sum, one) => sum + one.monthly_dollars, 0)
  return {
    resources: items,
    monthly_dollars: Math.round(dollars * 100) / 100,
    failure: joinFailures(
      failures.map(({ place: { profile, region }, error }) => ({
        name: `${profile === undefined ? 'the environment’s credentials' : `profile ${profile}`} in ${region}`,
        error: errorOf(error),
      })),
      'places could not be searched',
      'tmux-builder inventory',
    ),
  }
}
