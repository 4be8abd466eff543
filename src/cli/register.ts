import { planBuild } from '../app/build-options.ts'
import type { BuildFlags } from '../app/resolve-settings.ts'
import { readSettings, type Settings } from '../app/settings.ts'
import { parseDuration } from '../domain/duration.ts'
import { guidOf, type Identity, parseEmail, parsePhone, parseProject } from '../domain/identity.ts'
import { requestHash } from '../domain/request.ts'
import { usageError } from '../errors.ts'
import type { Context } from './context.ts'
import { withApp } from './declare.ts'
import { type RequestFlags, readRequest } from './read-request.ts'
import { runBuildCommand, type StreamFlags } from './run-build-command.ts'

export interface RegisterFlags extends BuildFlags, RequestFlags, StreamFlags {
  readonly email?: string
  readonly phone?: string
  readonly project?: string
  readonly ttl?: string
}

/** Makes or reuses the identity's session, builds the request in it and follows the build to its end. */
export async function register(context: Context, flags: RegisterFlags): Promise<number> {
  const settings = await readSettings(context)
  const identity = resolveIdentity(settings, flags)
  const plan = await planBuild(context, settings, flags, undefined)
  const ttl = settings.text('ttl', flags.ttl)
  const ttlMs = ttl === undefined ? undefined : parseDuration(ttl, '--ttl')
  const bytes = await readRequest(context, flags)
  context.signal.throwIfAborted()
  const request = {
    command: 'register',
    identity,
    bytes,
    hash: requestHash(bytes),
    rebuild: flags.rebuild === true,
    ...(ttlMs === undefined ? {} : { ttlMs }),
    plan,
  } as const
  return withApp(
    context,
    (app) => runBuildCommand(context, app, guidOf(identity), flags, request),
    { create: true },
  )
}

function resolveIdentity(settings: Settings, flags: RegisterFlags): Identity {
  const email = settings.text('email', flags.email)
  const phone = settings.text('phone', flags.phone)
  const project = settings.text('project', flags.project)
  if (email === undefined || phone === undefined)
    throw usageError(
      `No ${email === undefined ? 'e-mail address' : 'phone number'} was given.`,
      'Give --email and --phone, or set TMUX_BUILDER_EMAIL and TMUX_BUILDER_PHONE',
    )
  return {
    email: parseEmail(email),
    phone: parsePhone(phone),
    project: project === undefined ? undefined : parseProject(project),
  }
}
