import type { App } from '../app/open-app.ts'
import type { BuildState } from '../domain/build-state.ts'
import { usageError } from '../errors.ts'
import type { HomeInput, Input } from './command-row.ts'
import type { Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'

// Commands that only read.

interface Session {
  readonly guid: string
}
interface StatusOptions {
  readonly watch?: boolean
  readonly timeoutMs?: number
  readonly showIdentity?: boolean
  readonly json?: boolean
}

export async function runStatus(input: HomeInput<Session, StatusOptions>): Promise<number> {
  const { context, app, args, options } = input
  if (options.watch) {
    const { watchStatus } = await import('./watch-status.ts')
    return watchStatus(context, app, args.guid, options)
  }
  if (options.timeoutMs !== undefined)
    throw usageError(
      '--timeout only applies with --watch.',
      'Give --watch too, or leave --timeout out',
    )
  const { status } = await import('../app/views.ts')
  const { showStatus } = await import('./show-status.ts')
  showStatus(context, status(app, { ...options, ...args }), options.json === true)
  return exitCodes.ok
}

interface ListOptions {
  readonly state?: BuildState
  readonly all?: boolean
  readonly showIdentity?: boolean
  readonly json?: boolean
}

export async function runList(input: HomeInput<object, ListOptions>): Promise<number> {
  const { context, app, options } = input
  const { list } = await import('../app/views.ts')
  const { showList } = await import('./show-status.ts')
  const { sessions, others } = list(app, options)
  showList(context, sessions, options.json === true, others > 0)
  return exitCodes.ok
}

export async function runDoctor(
  input: Input<object, { readonly json?: boolean }>,
): Promise<number> {
  const { context, options } = input
  const { doctor } = await import('../app/doctor.ts')
  const { showDiagnosis } = await import('./show-status.ts')
  const diagnosis = await doctor(context)
  showDiagnosis(context, diagnosis, options.json === true)
  return diagnosis.findings.some((one) => one.is === 'bad') ? exitCodes.notReady : exitCodes.ok
}

interface FollowOptions {
  readonly follow?: boolean
  readonly json?: boolean
}

export async function runEvents(input: HomeInput<Session, FollowOptions>): Promise<number> {
  const { context, app, args, options } = input
  const { events } = await import('../app/events-and-logs.ts')
  const { eventPrinter } = await import('./reporter.ts')
  const print = eventPrinter(context, options.json === true)
  const { follow } = options
  for await (const event of events(await whileRead(app, context), { ...args, follow })) print(event)
  if (follow) context.signal.throwIfAborted()
  return exitCodes.ok
}

export async function runLogs(input: HomeInput<Session, FollowOptions>): Promise<number> {
  const { context, app, args, options } = input
  const { logs } = await import('../app/events-and-logs.ts')
  const { follow } = options
  for await (const text of logs(await whileRead(app, context), { ...args, follow }))
    context.stdout.write(`${text}\n`)
  if (follow) context.signal.throwIfAborted()
  return exitCodes.ok
}

/** Following must also end when the reader of the output has gone (`| head -1`). */
async function whileRead(app: App, { stdout }: Context): Promise<App> {
  const { withSignal } = await import('../app/open-app.ts')
  const unread = new AbortController()
  stdout.once('error', () => unread.abort())
  return withSignal(app, unread.signal)
}

interface PromptType {
  readonly type: string
}
interface PromptsOptions {
  readonly templates?: string
  readonly json?: boolean
}

export async function runPromptsList(input: Input<object, PromptsOptions>): Promise<number> {
  const { context, options } = input
  const { promptsList } = await import('../app/prompts.ts')
  const { printDone } = await import('./result.ts')
  const types = await promptsList(context, options)
  const lines = types.map((one) => `${one.type.padEnd(18)}${one.description}`)
  printDone(context, options.json === true, { prompts: types }, lines.join('\n'))
  return exitCodes.ok
}

export async function runPromptsShow(input: Input<PromptType, PromptsOptions>): Promise<number> {
  const { context, args, options } = input
  const { promptsShow } = await import('../app/prompts.ts')
  const { printDone } = await import('./result.ts')
  const shown = await promptsShow(context, { ...options, ...args })
  printDone(context, options.json === true, shown, shown.template)
  return exitCodes.ok
}

export async function runPromptsRender(
  input: Input<PromptType, PromptsOptions & { readonly set?: readonly string[] }>,
): Promise<number> {
  const { context, args, options } = input
  const { promptsRender } = await import('../app/prompts.ts')
  const { printDone } = await import('./result.ts')
  const prompt = await promptsRender(context, {
    ...args,
    templates: options.templates,
    variables: parseVariables(options.set ?? []),
  })
  printDone(context, options.json === true, { type: args.type, prompt }, prompt)
  return exitCodes.ok
}

function parseVariables(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1)
        throw usageError(`Not a variable: ${JSON.stringify(text)}.`, 'Give --set NAME=VALUE')
      return [text.slice(0, at), text.slice(at + 1)]
    }),
  )
}
