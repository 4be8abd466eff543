import type { Context } from '../context.ts'
import { deployLocal } from '../deploy/deploy-local.ts'
import { costGate, isGate } from '../domain/gate.ts'
import type { AskedQuestion } from '../domain/questions.ts'
import { isReportOf } from '../domain/report.ts'
import { conflict, exitCodes, notReady, TmuxBuilderError, usageError } from '../errors.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { listAnswerable, listOpenQuestions } from '../store/questions.ts'
import { readReport } from '../workspace/agent-files.ts'
import { openSession } from './open.ts'

/** Puts a built site on the target of the session's build; returns its address. */
export async function deploy(
  context: Context,
  guid: string,
  flags: { readonly dir: string },
): Promise<string> {
  const scope = openSession(context, guid)
  const build = findLatestBuild(scope.store, scope.guid)
  if (!build || build.attempt === 0)
    throw usageError(
      'This session has no build that could deploy.',
      'Start one with: tmux-builder register',
    )
  if (build.target === 'aws')
    throw notReady(
      'Deploying to aws is the agent’s own work: there is no helper for it yet.',
      'Deploy with infrastructure as code (Terraform or CloudFormation), or build with --target local',
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
      exitCodes.questionOpen,
      `Nothing is deployed while an approval is open: ${gate.question}`,
      'Wait for answers.json',
    )
  return deployLocal(scope, build, flags.dir)
}

/** What the supervisor will ask as soon as it has read the agent's report. */
async function findCostGate(scope: Scope, build: Build): Promise<AskedQuestion | undefined> {
  const read = await readReport(scope.paths.report)
  if (read.kind !== 'valid' || !isReportOf(read.content, build.build, build.attempt))
    return undefined
  return costGate(read.content, build.settings.costThreshold, listAnswerable(scope.store, build))
}
