import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeployed } from '../domain/decide-build.ts'
import { maxInlineRequestBytes } from '../domain/request.ts'
import { requireSession } from '../session/scope.ts'
import { type Attempt, listAttempts } from '../store/attempts.ts'
import { type Build, listBuilds } from '../store/builds.ts'
import { findStandingRelease, hasReleaseOf } from '../store/releases.ts'
import { shellQuote } from '../world/shell-quote.ts'
import type { Run } from './run.ts'

export type PromptType = 'autonomous_agent' | 'refinement_mode' | 'debug_mode'

/** The first attempt builds or refines, and every later one starts from what went wrong. */
export function promptTypeOf(build: Build, attempt: number): PromptType {
  if (attempt > 1) return 'debug_mode'
  return build.command === 'refine' ? 'refinement_mode' : 'autonomous_agent'
}

/** Collects all variables that the templates may use, for one attempt of a build. */
export async function promptValues(
  run: Run,
  build: Build,
  attempt: number,
): Promise<Record<string, string | number | undefined>> {
  const { scope } = run
  const { identity } = requireSession(scope)
  const builds = listBuilds(scope.store, scope.guid)
  const registered = builds.findLast((other) => other.command === 'register') ?? build
  const live = builds.findLast(isDeployed)
  // After a rollback the newest build is not the one that is live.
  const standing =
    live && hasReleaseOf(scope.store, live)
      ? findStandingRelease(scope.store, scope.guid, live.target)
      : undefined
  const request = await readRequest(run, build)
  const attempts = listAttempts(scope.store, scope.guid, build.build)
  return {
    ...build.settings.variables,
    ...(build.place && {
      aws_profile: build.place.profile ?? '',
      default_region: build.place.region,
    }),
    guid: scope.guid,
    email: identity.email,
    phone: identity.phone,
    project: identity.project ?? '',
    build: build.build,
    attempt,
    max_attempts: build.settings.maxAttempts,
    target: build.target,
    session_path: scope.paths.workspace,
    prompts_path: scope.paths.prompts,
    request_file: join(scope.paths.folder, build.requestFile),
    deploy_command: `${shellQuote(scope.paths.program)} deploy ${scope.guid} --dir`,
    user_request: request,
    refinement_request: request,
    original_request: await readRequest(run, registered),
    deployment_url: live?.url ?? '',
    live_build: standing?.build ?? '',
    error_log: attempts
      .map((one, index) => errorLogOf(one, index === attempts.length - 1))
      .join('\n\n'),
    failure_reason: attempts.at(-1)?.reason ?? '',
    previous_attempt: attempt - 1,
  }
}

/**
 * Describes the last attempt with all that was seen. Those before it get only their failure, because the prompts
 * of the attempts in between hold the rest.
 */
function errorLogOf({ attempt, reason, detail = '' }: Attempt, isLast: boolean): string {
  const text = isLast ? detail : (detail.split('\n\n')[0] ?? '')
  return `Attempt ${attempt} (${reason ?? 'unknown'}): ${text}`
}

/** Reads the request; for one above 32 KB it returns a sentence that names the file. */
async function readRequest(run: Run, build: Build): Promise<string> {
  const file = join(run.scope.paths.folder, build.requestFile)
  const bytes = await readFile(file)
  return bytes.length <= maxInlineRequestBytes
    ? bytes.toString('utf8')
    : `The request is too long for this page. It stands, byte for byte, in ${file}: read all of it first.`
}
