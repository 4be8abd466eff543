import { type AskedQuestion, costGate, isGate } from '../domain/question.ts'
import { isReportOf } from '../domain/report.ts'
import { conflict, TmuxBuilderError, usageError } from '../errors.ts'
import { readReport } from '../session/agent-files.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { listAnswerable, listOpenQuestions } from '../store/questions.ts'
import { tagCode } from '../targets/tag-code.ts'
import { targetOf } from '../targets/targets.ts'
import { type App, requireScope } from './open-app.ts'

/** Puts a built site on the target of the session's build; returns its address. */
export async function deploy(
  app: App,
  guid: string,
  flags: {
    readonly dir: string
    readonly mode?: string
    readonly allowSecrets?: boolean
    readonly sourceMaps?: boolean
  },
): Promise<string> {
  const scope = requireScope(app, guid)
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build || build.attempt === 0)
    throw usageError(
      'This session has no build that could deploy.',
      'Start one with: tmux-builder register',
    )
  if (build.endedAt !== undefined)
    throw conflict(
      `Nothing is deployed after a build’s end: build ${build.build} is ${build.state}.`,
      `Change what is live with: tmux-builder refine ${scope.guid.slice(0, 12)}`,
    )
  const gate =
    listOpenQuestions(scope.store, build).find(isGate) ?? (await findCostGate(scope, build))
  if (gate)
    throw new TmuxBuilderError(
      'question_open',
      `Nothing is deployed while an approval is open: ${gate.question}`,
      'Wait for answers.json',
    )
  const { mode = 'spa' } = flags
  if (mode !== 'spa' && mode !== 'mpa')
    throw usageError(`Unknown mode: ${JSON.stringify(mode)}.`, 'Choose one of: spa, mpa')
  const url = await targetOf(build.target).deploy(scope, build, {
    folder: flags.dir,
    mode,
    allowSecrets: flags.allowSecrets === true,
    sourceMaps: flags.sourceMaps === true,
  })
  await tagCode(scope, build)
  return url
}

/** What the supervisor will ask as soon as it has read the agent's report. */
async function findCostGate(scope: Scope, build: Build): Promise<AskedQuestion | undefined> {
  const read = await readReport(scope.paths.report)
  if (read.kind !== 'valid' || !isReportOf(read.content, build.build, build.attempt))
    return undefined
  return costGate(read.content, build.settings.costThreshold, listAnswerable(scope.store, build))
}
