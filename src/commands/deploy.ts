import type { Context } from '../context.ts'
import { deployLocal } from '../deploy/deploy-local.ts'
import { isGate } from '../domain/gate.ts'
import { conflict, exitCodes, notReady, TmuxBuilderError, usageError } from '../errors.ts'
import { findLatestBuild } from '../store/builds.ts'
import { listOpenQuestions } from '../store/questions.ts'
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
  const gate = listOpenQuestions(scope.store, build).find(isGate)
  if (gate)
    throw new TmuxBuilderError(
      'question_open',
      exitCodes.questionOpen,
      `Nothing is deployed while an approval is open: ${gate.question}`,
      'Wait for answers.json',
    )
  return deployLocal(scope, build, flags.dir)
}
