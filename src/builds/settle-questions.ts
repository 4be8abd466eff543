import { rm } from 'node:fs/promises'
import {
  type AskedQuestion,
  answerByPolicy,
  questionKey,
  safeAnswer,
  shortened,
} from '../domain/question.ts'
import { readClarifications } from '../session/agent-files.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import {
  listOpenQuestions,
  listQuestions,
  type Question,
  recordAnswer,
  recordQuestion,
} from '../store/questions.ts'
import { findLine } from './lines.ts'
import { type Run, readBuild } from './run.ts'

/** How long an agent that reports `awaiting_approval` may take to write clarifications.json. */
const unnamedQuestionMs = 2_000

/** Whether the agent asks something that this attempt has not recorded. */
export async function hasNewQuestions(
  run: Run,
  build: Build,
  known: readonly Question[],
): Promise<boolean> {
  const asked = await readAsked(run)
  if (asked.some((question) => !known.some((other) => other.key === questionKey(question))))
    return true
  // It waits for an approval without having written what for.
  const isUnnamed =
    build.state === 'awaiting_approval' &&
    asked.length === 0 &&
    known.every((question) => question.delivery !== undefined) &&
    findLine(run, build) === undefined
  if (!isUnnamed) run.unnamedQuestionAt = undefined
  else run.unnamedQuestionAt ??= run.lookedMs()
  return (
    run.unnamedQuestionAt !== undefined &&
    run.lookedMs() - run.unnamedQuestionAt > unnamedQuestionMs
  )
}

/** Records what the agent asks, and waits for answers. */
export async function recordQuestions(run: Run, build: Build): Promise<void> {
  const asked = await readAsked(run)
  const questions = asked.length > 0 ? asked : [unnamedQuestion(run, build)]
  const { store, paths } = run.scope
  // What it says may be of an id that is used again now.
  await rm(paths.answers, { recursive: true, force: true })
  store.transact(() => {
    if (readBuild(run).endedAt !== undefined) return
    for (const question of questions) recordQuestion(store, build, question)
    if (build.state === 'awaiting_approval') return
    updateBuild(store, build.guid, build.build, {
      state: 'awaiting_approval',
      beforeQuestion: build.state,
    })
  })
}

/** Answers what the policy answers, and safely what nobody answered in time. */
export function settleQuestions(run: Run, build: Build): void {
  const { store } = run.scope
  for (const question of listOpenQuestions(store, build)) {
    const byPolicy = answerByPolicy(question, build.settings.questionPolicy)
    if (byPolicy) recordAnswer(store, build, question, { ...byPolicy, by: 'policy' })
    else if (isOverdue(run, question, build))
      recordAnswer(store, build, question, { ...safeAnswer(question), by: 'timeout' })
  }
}

export function canSettle(run: Run, question: Question, build: Build): boolean {
  return (
    answerByPolicy(question, build.settings.questionPolicy) !== undefined ||
    isOverdue(run, question, build)
  )
}

/**
 * By the time of day only as far as it had been open when this process first saw it; from then on by what passed: a
 * clock that jumps, or a machine that slept, takes nobody's time to answer.
 */
function isOverdue(run: Run, question: Question, build: Build): boolean {
  const now = run.lookedMs()
  let seen = run.openQuestions.get(question.key)
  if (!seen) {
    const ageMs = Math.max(0, run.scope.world.now() - Date.parse(question.askedAt))
    seen = { ageMs, at: now }
    run.openQuestions.set(question.key, seen)
  }
  return seen.ageMs + now - seen.at > build.settings.approvalTimeoutMs
}

async function readAsked(run: Run): Promise<readonly AskedQuestion[]> {
  const read = await readClarifications(run.scope.paths.clarifications)
  return read.kind === 'valid' ? read.content : []
}

/** For an agent that waits for an approval and did not write down what for; each time it does is another question. */
function unnamedQuestion(run: Run, build: Build): AskedQuestion {
  const asked = listQuestions(run.scope.store, build.guid, build.build).length
  return {
    id: `approval-${asked + 1}`,
    question: shortened(build.message) || 'The agent waits for an approval.',
    reason: 'approval',
    options: [],
    default: undefined,
    cost_estimate_monthly: undefined,
  }
}
