import { type RolledBack, rollBack } from '../builds/roll-back.ts'
import { shortGuid } from '../domain/identity.ts'
import { type AskedQuestion, costGate, isGate } from '../domain/question.ts'
import { isReportOf } from '../domain/report.ts'
import { conflict, TmuxBuilderError, usageError } from '../errors.ts'
import { readReport } from '../session/agent-files.ts'
import { requireSession, type Scope } from '../session/scope.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { listAnswerable, listOpenQuestions } from '../store/questions.ts'
import { listReleases } from '../store/releases.ts'
import { tagCode } from '../targets/tag-code.ts'
import type { Deployment } from '../targets/target.ts'
import { targetOf } from '../targets/targets.ts'
import { type App, requireScope } from './open-app.ts'

// What is live of a session: deploying a site, listing the releases, and going back to an older one.

export interface DeployInput {
  readonly guid: string
  /** The folder of the built site, inside the workspace. */
  readonly folder: string
  readonly mode?: Deployment['mode'] | undefined
  readonly allowSecrets?: boolean | undefined
  readonly sourceMaps?: boolean | undefined
}

/** Puts a built site on the target of the session's running build, and returns its address. */
export async function deploy(app: App, input: DeployInput): Promise<string> {
  const scope = requireScope(app, input.guid)
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build || build.attempt === 0)
    throw usageError(
      'This session has no build that could deploy.',
      'Start one with: tmux-builder register',
    )
  if (build.endedAt !== undefined)
    throw conflict(
      `A build that has ended cannot deploy: build ${build.build} is ${build.state}.`,
      `Change what is live with: tmux-builder refine ${shortGuid(scope.guid)}`,
    )
  const gate =
    listOpenQuestions(scope.store, build).find(isGate) ?? (await findCostGate(scope, build))
  if (gate)
    throw new TmuxBuilderError(
      'question_open',
      `Nothing is deployed while an approval is open: ${gate.question}`,
      'Wait for answers.json',
    )
  const url = await targetOf(build.target).deploy(scope, build, {
    folder: input.folder,
    mode: input.mode ?? 'spa',
    allowSecrets: input.allowSecrets === true,
    sourceMaps: input.sourceMaps === true,
  })
  await tagCode(scope, build)
  return url
}

/** Finds the approval that the supervisor will ask for, because `deploy` may read the report before it does. */
async function findCostGate(scope: Scope, build: Build): Promise<AskedQuestion | undefined> {
  const read = await readReport(scope.paths.report)
  if (read.kind !== 'valid' || !isReportOf(read.content, build.build, build.attempt))
    return undefined
  return costGate(read.content, build.settings.costThreshold, listAnswerable(scope.store, build))
}

export interface ReleaseView {
  readonly release: number
  readonly build: number
  readonly attempt: number
  readonly target: string
  readonly url: string
  readonly verified: boolean
  readonly live: boolean
  readonly created_at: string
}

export interface Releases {
  readonly guid: string
  readonly releases: readonly ReleaseView[]
}

/** Lists the session's releases from the records, newest first. */
export function releases(app: App, guidOrPrefix: string): Releases {
  const scope = requireScope(app, guidOrPrefix)
  const session = requireSession(scope)
  const views = listReleases(scope.store, scope.guid).flatMap((one): ReleaseView[] =>
    one.url === undefined
      ? []
      : [
          {
            release: one.release,
            build: one.build,
            attempt: one.attempt,
            target: one.target,
            url: one.url,
            verified: one.verified,
            live: one.release === targetOf(one.target).liveRelease(session),
            created_at: one.createdAt,
          },
        ],
  )
  return { guid: scope.guid, releases: views }
}

export interface RollbackInput {
  readonly guid: string
  /** Default: the verified release before the live one. */
  readonly release?: number | undefined
}

/** Makes an older release live again and verifies it. */
export async function rollback(app: App, input: RollbackInput): Promise<RolledBack> {
  return rollBack(requireScope(app, input.guid), input.release)
}
