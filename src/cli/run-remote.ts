import type { HomeInput } from './command-row.ts'
import { exitCodes } from './exit-codes.ts'

// Deployments: what serves them, their releases, and what exists in AWS.

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
  readonly mode?: string
  readonly allowSecrets?: boolean
  readonly sourceMaps?: boolean
}

export async function runDeploy(input: HomeInput<Session, DeployOptions>): Promise<number> {
  const { context, app, args, options } = input
  const { deploy } = await import('../app/deploy.ts')
  const { printDone } = await import('./result.ts')
  const url = await deploy(app, args.guid, options)
  printDone(context, options.json === true, { url }, url)
  return exitCodes.ok
}

export async function runReleases(input: HomeInput<Session, JsonOption>): Promise<number> {
  const { context, app, args, options } = input
  const { releases } = await import('../app/list-releases.ts')
  const { showReleases } = await import('./show-releases.ts')
  showReleases(context, releases(app, args.guid), options.json === true)
  return exitCodes.ok
}

export async function runRollback(
  input: HomeInput<Session & { readonly release?: string }, JsonOption>,
): Promise<number> {
  const { context, app, args, options } = input
  const { rollback } = await import('../app/rollback.ts')
  const { printDone } = await import('./result.ts')
  const done = await rollback(app, args.guid, args.release)
  printDone(context, options.json === true, done, done.url)
  return exitCodes.ok
}

export async function runInventory(
  input: HomeInput<Partial<Session>, PlaceOptions & { readonly host?: string }>,
): Promise<number> {
  const { context, app, args, options } = input
  const { inventory } = await import('../app/inventory.ts')
  const { showInventory } = await import('./show-releases.ts')
  const { failure, ...found } = await inventory(app, args.guid, options)
  const json = options.json === true
  // With --json the error is the only object on stdout; and a look that failed must not read as "nothing was found".
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
  const wish = {
    ...options,
    ...(options.yes ? {} : { confirm: requireYes.bind(undefined, context) }),
  }
  const { failure, ...done } = await destroy(app, args.guid, wish)
  const json = options.json === true
  // With --json the error is the only object on stdout.
  if (!failure || !json) showDestroyed(context, done, json)
  if (failure) throw failure
  return exitCodes.ok
}

/** What the preview window of a session runs. */
export async function runPreview({ app, args }: HomeInput<Session>): Promise<number> {
  const { preview } = await import('../app/preview.ts')
  await preview(app, args.guid)
  return exitCodes.ok
}

/** What AWS’s tools in the agent’s pane call. */
export async function runAgentCredentials(input: HomeInput<Session>): Promise<number> {
  const { context, app, args } = input
  const { agentCredentials } = await import('../app/agent-credentials.ts')
  const answer = await agentCredentials(app, args.guid)
  context.stdout.write(`${JSON.stringify(answer)}\n`)
  return exitCodes.ok
}
