import { type BuildWish, planBuild, planRefinement } from '../app/build-options.ts'
import { requireScope } from '../app/open-app.ts'
import type { GivenValues } from '../app/option-row.ts'
import { sessionOptions } from '../app/options.ts'
import { readSources, resolveOptions } from '../app/resolve-options.ts'
import type { Identity } from '../domain/identity.ts'
import { usageError } from '../errors.ts'
import { type HomeInput, type Input, withApp } from './command-row.ts'
import { type RequestFlags, readRequest } from './read-request.ts'
import { runBuildCommand, type StreamFlags } from './run-build-command.ts'

type RefineOptions = BuildWish & RequestFlags & StreamFlags & { readonly rebuild?: boolean }
type RegisterOptions = RefineOptions & GivenValues<typeof sessionOptions>

/** Makes or reuses the identity's session, builds the request in it and follows the build to its end. */
export async function runRegister({
  context,
  options,
}: Input<object, RegisterOptions>): Promise<number> {
  const { ttlMs, ...identity } = await resolveSession(context, options)
  const plan = await planBuild(context, options)
  const request = await readRequest(context, options)
  context.signal.throwIfAborted()
  // The home is made only now: a refusal before this point leaves no trace.
  return withApp(context, { create: true }, (app) =>
    runBuildCommand(
      context,
      app,
      {
        command: 'register',
        identity,
        request,
        plan,
        ttlMs: ttlMs ?? undefined,
        rebuild: options.rebuild === true,
      },
      options,
    ),
  )
}

async function resolveSession(
  context: Input['context'],
  given: RegisterOptions,
): Promise<Identity & { readonly ttlMs: number | null }> {
  const sources = await readSources(context)
  const { email, phone, project, ttlMs } = resolveOptions(sessionOptions, { ...sources, given })
  if (email === null || phone === null)
    throw usageError(
      `No ${email === null ? 'e-mail address' : 'phone number'} was given.`,
      'Give --email and --phone, or set TMUX_BUILDER_EMAIL and TMUX_BUILDER_PHONE',
    )
  return { email, phone, project: project ?? undefined, ttlMs }
}

/** Builds a change onto what the session has deployed, and follows the build to its end. */
export async function runRefine({
  context,
  app,
  args,
  options,
}: HomeInput<{ readonly guid: string }, RefineOptions>): Promise<number> {
  const { guid } = requireScope(app, args.guid)
  const plan = await planRefinement(app, guid, options)
  const request = await readRequest(context, options)
  context.signal.throwIfAborted()
  const rebuild = options.rebuild === true
  return runBuildCommand(context, app, { command: 'refine', guid, request, plan, rebuild }, options)
}
