import { isDeepStrictEqual } from 'node:util'
import type { AgentActivity } from '../agents/hook-log.ts'
import type { Facts } from '../domain/next-step.ts'
import { questionKey } from '../domain/questions.ts'
import { isReportOf, type Report } from '../domain/report.ts'
import { isAlive } from '../processes/liveness.ts'
import { requireSession } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import { listDeliveries } from '../store/deliveries.ts'
import { listQuestions, type Question } from '../store/questions.ts'
import { readClarifications, readReport } from '../workspace/agent-files.ts'
import { isAccepted } from './deliver.ts'
import { errorText, recordInvalidReport } from './follow-report.ts'
import { findFirstDelivery, type Run, readBuild } from './run.ts'

/** How long an agent that runs may take to accept a pasted prompt. */
const acceptTimeoutMs = 60_000
/** How long after a bad status.json it is looked at again before it is called bad. */
export const secondLookMs = 60
/** How long an agent that reports `awaiting_approval` may take to write clarifications.json. */
const unnamedQuestionMs = 2_000

/** Looks at everything once: records, the agent's files, its hooks and its process. */
export async function observe(
  run: Run,
): Promise<{ build: Build; facts: Facts; activity: AgentActivity }> {
  // The process first: what it wrote before it ended is then read for certain.
  const isAgentAlive = isAlive(requireSession(run.scope).agentProcess)
  const activity = await run.readHooks()
  const build = readBuild(run)
  const questions = listQuestions(run.scope.store, build.guid, build.build).filter(
    (question) => question.attempt === build.attempt,
  )
  const openQuestions = questions.filter((question) => question.answer === undefined).length
  const delivery = findFirstDelivery(run, build)
  const prompt = delivery?.state ?? 'none'
  const isConfirmed = prompt === 'confirmed'
  if (activity.isReady) run.readyAt ??= run.scope.context.now()
  const isAnswerAccepted = listDeliveries(run.scope.store, build).some(
    (one) => one.prompt === 'answer' && one.state !== 'confirmed' && isAccepted(one, activity),
  )
  const facts: Facts = {
    state: build.state,
    isTimeUp: run.clock.count(openQuestions === 0) >= build.settings.timeoutMs,
    prompt,
    isPromptAccepted: delivery !== undefined && isAccepted(delivery, activity),
    isPromptOverdue: isOverdue(run),
    isAgentAlive,
    isAgentReady: activity.isReady,
    permissionWanted: isConfirmed ? activity.permissionWanted : undefined,
    turnFailure: isConfirmed ? activity.failure : undefined,
    reportedError: build.report?.status === 'error' ? errorText(build.report) : undefined,
    newReport: isConfirmed ? await findNewReport(run, build) : undefined,
    hasNewQuestions: isConfirmed && (await hasNewQuestions(run, build, questions)),
    openQuestions,
    isAnswerAccepted,
    hasUntoldAnswers: questions.some((question) => question.answer && !question.delivery),
  }
  return { build, facts, activity }
}

/** A start has its own limit; from then on the limit to accept a line counts. */
function isOverdue(run: Run): boolean {
  if (run.sentAt === undefined) return false
  const now = run.scope.context.now()
  return run.readyAt === undefined
    ? now - run.sentAt > run.profile.startTimeoutMs
    : now - Math.max(run.sentAt, run.readyAt) > acceptTimeoutMs
}

async function findNewReport(run: Run, build: Build): Promise<Report | undefined> {
  const read = await readReport(run.scope.paths.report)
  if (read.kind === 'invalid') {
    // Half-written files are the rule: only what is bad at a second look is told.
    const now = run.scope.context.now()
    if (run.doubtfulReport?.problem !== read.problem)
      run.doubtfulReport = { problem: read.problem, since: now }
    else if (now - run.doubtfulReport.since >= secondLookMs)
      recordInvalidReport(run, build, read.problem)
    return undefined
  }
  run.doubtfulReport = undefined
  if (read.kind === 'absent' || !isReportOf(read.content, build.build, build.attempt))
    return undefined
  return isDeepStrictEqual(read.content, build.report) ? undefined : read.content
}

async function hasNewQuestions(
  run: Run,
  build: Build,
  known: readonly Question[],
): Promise<boolean> {
  const read = await readClarifications(run.scope.paths.clarifications)
  const asked = read.kind === 'valid' ? read.content : []
  if (asked.some((question) => !known.some((other) => other.key === questionKey(question))))
    return true
  // It waits for an approval without having written what for.
  return (
    build.state === 'awaiting_approval' &&
    asked.length === 0 &&
    run.scope.context.now() - Date.parse(build.updatedAt) > unnamedQuestionMs &&
    !known.some((question) => question.answer === undefined || question.delivery === undefined)
  )
}
