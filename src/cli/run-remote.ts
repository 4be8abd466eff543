import { usageError } from '../errors.ts'
import type { Deployment } from '../targets/target.ts'
import type { HomeInput } from './command-row.ts'
import { exitCodes } from './exit-codes.ts'

// Commands about deployments: what is live, its releases, and what exists in AWS.

interface Session {
  readonly guid: string
}
interface JsonOption {
  readonly json?: boolean
}
interface PlaceOptions extends JsonOption {
  readonly awsProfile?: string
  readonly region?: string
}
interface DeployOptions extends JsonOption {
  readonly dir: string
  readonly mode?: Deployment['mode']
  readonly allowSecrets?: boolean
  readonly sourceMaps?: boolean
}

export async function runDeploy(input: HomeInput<Session, DeployOptions>): Promise<number> {
  const { context, app, args, options } = input
  const { deploy } = await import('../app/deployments.ts')
  const { printDone } = await import('./result.ts')
  const { dir: folder, ...how } = options
  const url = await deploy(app, { ...args, ...how, folder })
  printDone(context, options.json === true, { url }, url)
  return exitCodes.ok
}

export async function runReleases(input: HomeInput<Session, JsonOption>): Promise<number> {
  const { context, app, args, options } = input
  const { releases } = await import('../app/deployments.ts')
  const { showReleases } = await import('./show-releases.ts')
  showReleases(context, releases(app, args.guid), options.json === true)
  return exitCodes.ok
}

export async function runRollback(
  input: HomeInput<Session & { readonly release?: string }, JsonOption>,
): Promise<number> {
  const { context, app, args, options } = input
  const { rollback } = await import('../app/deployments.ts')
  const { printDone } = await import('./result.ts')
  const done = await rollback(app, {
    guid: args.guid,
    release: args.release === undefined ? undefined : parseRelease(args.release),
  })
  printDone(context, options.json === true, done, done.url)
  return exitCodes.ok
}

function parseRelease(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw usageError(
    `Not a release’s number: ${JSON.stringify(text)}.`,
    'Give a number that `tmux-builder releases` lists',
  )
}

const placeOf = ({ awsProfile, region }: PlaceOptions) => ({ profile: awsProfile, region })

export async function runInventory(
  input: HomeInput<Partial<Session>, PlaceOptions & { readonly host?: string }>,
): Promise<number> {
  const { context, app, args, options } = input
  const { inventory } = await import('../app/inventory.ts')
  const { showInventory } = await import('./show-releases.ts')
  const { failure, ...found } = await inventory(app, {
    ...args,
    host: options.host,
    given: placeOf(options),
  })
  const json = options.json === true
  // With --json the error is the only object on stdout. A failed search must not read as "nothing was found".
  if (!failure || (!json && found.resources.length > 0)) showInventory(context, found, json)
  if (failure) throw failure
  return exitCodes.ok
}

export async function runDestroy(
  input: HomeInput<Session, PlaceOptions & { readonly dryRun?: boolean; readonly yes?: boolean }>,
): Promise<number> {
  const { context, app, args, options } = input
  const { destroy } = await import('../app/destroy.ts')
  const { showDestroyed } = await import('./show-releases.ts')
  const { requireYes } = await import('./ask.ts')
  const { failure, ...done } = await destroy(app, {
    ...args,
    isDryRun: options.dryRun,
    given: placeOf(options),
    ...(options.yes ? {} : { confirm: requireYes.bind(undefined, context) }),
  })
  const json = options.json === true
  // With --json the error is the only object on stdout.
  if (!failure || !json) showDestroyed(context, done, json)
  if (failure) throw failure
  return exitCodes.ok
}

/** The session's preview window runs this. */
export async function runPreview({ app, args }: HomeInput<Session>): Promise<number> {
  const { preview } = await import('../app/pane-programs.ts')
  await preview(app, args.guid)
  return exitCodes.ok
}

/** AWS tools in the agent's pane run this. */
export async function runAgentCredentials(input: HomeInput<Session>): Promise<number> {
  const { context, app, args } = input
  const { agentCredentials } = await import('../app/pane-programs.ts')
  const answer = await agentCredentials(app, args.guid)
  context.stdout.write(`${JSON.stringify(answer)}\n`)
  return exitCodes.ok
}
