import { isDeepStrictEqual } from 'node:util'
import { parseLimitReset } from '../agents/claude/usage-limit.ts'
import type { AgentActivity } from '../agents/hook-log.ts'
import { describeRefusal, isGate, shortened } from '../domain/question.ts'
import { isReportOf, type Report } from '../domain/report.ts'
import { longestRetryPauseMs } from '../domain/retry-pause.ts'
import { readReport } from '../session/agent-files.ts'
import { isAlive } from '../session/liveness.ts'
import { requireSession } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import { listQuestions, type Question } from '../store/questions.ts'
import { isAccepted } from './deliver.ts'
import { errorText, recordInvalidReport } from './follow-report.ts'
import { findLine, wasReminded } from './lines.ts'
import type { Facts, TurnFailure } from './next-step.ts'
import { findFirstDelivery, type Run, readBuild } from './run.ts'
import { canSettle, hasNewQuestions } from './settle-questions.ts'
import { readSigns } from './silence.ts'

/** How long an agent that runs may take to accept a pasted line. */
const acceptTimeoutMs = 60_000
const shortestAcceptMs = 6_000
/** How long after a bad status.json it is looked at again before it is called bad. */
export const secondLookMs = 60

export interface Seen {
  readonly build: Build
  readonly facts: Facts
  readonly activity: AgentActivity
  readonly silentMs: number
}

/** Looks at everything once: records, the agent's files, its hooks and its process. */
export async function observe(run: Run): Promise<Seen> {
  const { world, store } = run.scope
  // The process first: what it wrote before it ended is then read for certain.
  const { agentProcess } = requireSession(run.scope)
  const isAgentAlive = isAlive(agentProcess)
  const activity = await run.readHooks()
  const build = readBuild(run)
  const { settings } = build
  const questions = listQuestions(store, build.guid, build.build).filter(
    (question) => question.attempt === build.attempt,
  )
  const open = questions.filter((question) => question.answer === undefined)
  const delivery = findFirstDelivery(run, build)
  const prompt = delivery?.state ?? 'none'
  const isConfirmed = prompt === 'confirmed'
  if (activity.isReady) run.readyAt ??= run.lookedMs()
  const line = findLine(run, build)
  const isPausing = isInPause(run, build)
  // A pause is the build's own time; the wait for a usage limit is not its attempt's.
  const isAsking = open.length > 0
  const clock = run.clock.count(!isAsking, !isAsking && !isPausing)
  const { stallTimeoutMs } = settings
  if (!isConfirmed || isPausing || isAsking || line) run.silence.restart(run.lookedMs())
  const signs = await readSigns(run.scope.paths)
  const { silence, silentMs } = run.silence.look(signs, run.lookedMs(), activity, stallTimeoutMs)
  const facts: Facts = {
    state: build.state,
    isTimeUp: clock.buildMs >= settings.timeoutMs,
    isAttemptTimeUp:
      settings.attemptTimeoutMs !== null && clock.attemptMs >= settings.attemptTimeoutMs,
    isBudgetSpent: settings.budgetDollars !== null && build.dollars >= settings.budgetDollars,
    isPausing,
    prompt,
    isPromptAccepted: delivery !== undefined && isAccepted(delivery, activity),
    isPromptOverdue: isOverdue(run, acceptTimeoutMs),
    isAgentAlive,
    isAgentReady: activity.isReady,
    isAgentLost: agentProcess === undefined,
    isLimitOver: build.waitUntil !== undefined && !isPausing && build.state !== 'retrying',
    permissionWanted: isConfirmed ? activity.permissionWanted : undefined,
    turnFailure:
      isConfirmed && activity.failure && activity.failure !== run.oldFailure
        ? turnFailure(build, activity.failure, world.now(), settings.timeoutMs - clock.buildMs)
        : undefined,
    reportedError: build.report?.status === 'error' ? errorText(build.report) : undefined,
    silence: isConfirmed ? silence : undefined,
    line: isConfirmed && line && line.state !== 'confirmed' ? line.state : 'none',
    isLineAccepted: isConfirmed && line !== undefined && isAccepted(line, activity),
    isLineOverdue: isOverdue(run, lineTimeoutMs(stallTimeoutMs)),
    wasReminded: wasReminded(run, build),
    newReport: isConfirmed ? await findNewReport(run, build) : undefined,
    hasNewQuestions: isConfirmed && (await hasNewQuestions(run, build, questions)),
    openQuestions: open.length,
    hasQuestionsToSettle: open.some((question) => canSettle(run, question, build)),
    hasOpenGate: open.some(isGate),
    forbiddenQuestion:
      settings.questionPolicy === 'fail' && open[0] ? shortened(open[0].question) : undefined,
    refusal: findRefusal(questions),
    hasUntoldAnswers: questions.some((question) => question.answer && !question.delivery),
  }
  return { build, facts, activity, silentMs }
}

function findRefusal(questions: readonly Question[]): string | undefined {
  const refused = questions.find(
    (question) => question.answer?.decision === 'reject' && isGate(question),
  )
  return refused?.answer && describeRefusal(refused, refused.answer.by)
}

/**
 * A pause ends at its time of day, and when it has lasted as long as it was to last when it began or was first seen, or as long
 * as such a pause may: a clock that is set back must not make it endless.
 */
function isInPause(run: Run, build: Build): boolean {
  const { waitUntil: until, settings, state } = build
  if (until === undefined) return false
  const leftMs = Date.parse(until) - run.scope.world.now()
  const longestMs = state === 'retrying' ? longestRetryPauseMs : settings.limitWaitMs
  if (run.pause?.until !== until)
    run.pause = { until, endsAt: run.lookedMs() + Math.min(leftMs, longestMs) }
  return leftMs > 0 && run.lookedMs() < run.pause.endsAt
}

function turnFailure(
  build: Build,
  failure: { readonly error: string; readonly message: string },
  now: number,
  leftMs: number,
): TurnFailure {
  const reset = failure.error === 'rate_limit' ? parseLimitReset(failure.message, now) : undefined
  if (reset === undefined) return { ...failure, resetsAt: undefined, isWorthWaiting: false }
  return {
    ...failure,
    resetsAt: new Date(reset).toISOString(),
    isWorthWaiting: reset - now <= Math.min(build.settings.limitWaitMs, leftMs),
  }
}

/** An agent that may not be silent for long may not be deaf for long either; Enter is repeated meanwhile. */
const lineTimeoutMs = (stallTimeoutMs: number) =>
  Math.min(acceptTimeoutMs, Math.max(stallTimeoutMs, shortestAcceptMs))

/** A start has its own limit; from then on the limit to accept a line counts. */
function isOverdue(run: Run, timeoutMs: number): boolean {
  if (run.sentAt === undefined) return false
  const now = run.lookedMs()
  return run.readyAt === undefined
    ? now - run.sentAt > run.profile.startTimeoutMs
    : now - Math.max(run.sentAt, run.readyAt) > timeoutMs
}

/** A report of this attempt that is not recorded yet. */
export async function findNewReport(run: Run, build: Build): Promise<Report | undefined> {
  const read = await readReport(run.scope.paths.report)
  if (read.kind === 'invalid') {
    // Half-written files are the rule: only what is bad at a second look is told.
    const now = run.lookedMs()
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
