import { hasAccepted, type TurnFailure } from '../agents/activity.ts'
import { describeRefusal, isGate, shortened } from '../domain/question.ts'
import type { Build } from '../store/builds.ts'
import type { Delivery } from '../store/deliveries.ts'
import type { Question } from '../store/questions.ts'
import { asksSomethingNew, openOf, settlementOf } from './agent-questions.ts'
import { errorText, newReportIn } from './follow-report.ts'
import { asksAgain } from './lines.ts'
import { isPauseOn, type Memory } from './memory.ts'
import type { Facts, FailedTurn } from './next-step.ts'
import { lineOf, promptOf, type Snapshot } from './observe.ts'
import { judgeSilence } from './silence.ts'

/** An agent that runs may take this long to accept a pasted line. */
const acceptTimeoutMs = 60_000
const shortestAcceptMs = 6_000
/** A bad status.json is called bad only when it still is after this time, because files are often half-written. */
export const secondLookMs = 60
/** An agent that reports `awaiting_approval` may take this long to write clarifications.json. */
const unnamedQuestionMs = 2_000

/** Derives everything that the next step depends on from a snapshot and the memory after it. */
export function factsOf(seen: Snapshot, memory: Memory): Facts {
  const { build, activity, agent, deliveries, questions, lookedMs } = seen
  const { settings } = build
  const { clock, unnamedQuestionAt } = memory
  const open = openOf(seen)
  const prompt = promptOf(seen)
  const isConfirmed = prompt?.state === 'confirmed'
  const line = lineOf(seen)
  const isPausing = isPauseOn(memory.pause, seen)
  const { stallTimeoutMs } = settings
  return {
    state: build.state,
    isTimeUp: clock.buildMs >= settings.timeoutMs,
    isAttemptTimeUp:
      settings.attemptTimeoutMs !== null && clock.attemptMs >= settings.attemptTimeoutMs,
    isBudgetSpent: settings.budgetDollars !== null && build.dollars >= settings.budgetDollars,
    isPausing,
    prompt: prompt?.state ?? 'none',
    isPromptAccepted: prompt !== undefined && hasAccepted(activity, prompt.line),
    isPromptOverdue: isOverdue(seen, memory, acceptTimeoutMs),
    isAgentAlive: agent === 'alive',
    isAgentReady: activity.isReady,
    isAgentLost: agent === 'lost',
    isLimitOver: build.waitUntil !== undefined && !isPausing && build.state !== 'retrying',
    permissionWanted: isConfirmed ? activity.permissionWanted : undefined,
    turnFailure:
      isConfirmed && activity.failure && activity.failure !== memory.oldFailure
        ? failedTurn(build, activity.failure, seen.now, settings.timeoutMs - clock.buildMs)
        : undefined,
    reportedError: build.report?.status === 'error' ? errorText(build.report) : undefined,
    silence: isConfirmed
      ? judgeSilence(memory.stillness, lookedMs, activity, stallTimeoutMs).silence
      : undefined,
    line: isConfirmed && line && line.state !== 'confirmed' ? line.state : 'none',
    isLineAccepted: isConfirmed && line !== undefined && hasAccepted(activity, line.line),
    isLineOverdue: isOverdue(seen, memory, lineTimeoutMs(stallTimeoutMs)),
    wasReminded: wasReminded(build, deliveries, questions),
    newReport: isConfirmed ? newReportIn(seen.report, build) : undefined,
    invalidReport: invalidReport(seen, memory),
    hasNewQuestions:
      isConfirmed &&
      (asksSomethingNew(seen) ||
        (unnamedQuestionAt !== undefined && lookedMs - unnamedQuestionAt > unnamedQuestionMs)),
    openQuestions: open.length,
    hasQuestionsToSettle: open.some((question) =>
      settlementOf(question, build, memory.openQuestions, lookedMs),
    ),
    hasOpenGate: open.some(isGate),
    forbiddenQuestion:
      settings.questionPolicy === 'fail' && open[0] ? shortened(open[0].question) : undefined,
    refusal: findRefusal(questions),
    hasUntoldAnswers: questions.some((question) => question.answer && !question.delivery),
  }
}

function findRefusal(questions: readonly Question[]): string | undefined {
  const refused = questions.find(
    (question) => question.answer?.decision === 'reject' && isGate(question),
  )
  return refused?.answer && describeRefusal(refused, refused.answer.by)
}

function failedTurn(
  build: Build,
  { kind, name, message, until }: TurnFailure,
  now: number,
  leftMs: number,
): FailedTurn {
  const failure = { kind, name, message }
  // There is nothing to wait for when the limit is lifted by now.
  if (until === undefined || until <= now)
    return { ...failure, resetsAt: undefined, isWorthWaiting: false }
  return {
    ...failure,
    resetsAt: new Date(until).toISOString(),
    isWorthWaiting: until - now <= Math.min(build.settings.limitWaitMs, leftMs),
  }
}

/** An agent that may not be silent for long has not long to accept a line either. Enter is repeated meanwhile. */
const lineTimeoutMs = (stallTimeoutMs: number) =>
  Math.min(acceptTimeoutMs, Math.max(stallTimeoutMs, shortestAcceptMs))

/** Whether the time to accept is over. It begins when the agent is ready; its start has a limit of its own. */
function isOverdue(seen: Snapshot, { underWay }: Memory, timeoutMs: number): boolean {
  if (!underWay) return false
  const { sentAt, readyAt } = underWay
  return readyAt === undefined
    ? seen.lookedMs - sentAt > seen.startTimeoutMs
    : seen.lookedMs - Math.max(sentAt, readyAt) > timeoutMs
}

const wasReminded = (
  build: Build,
  deliveries: readonly Delivery[],
  questions: readonly Question[],
): boolean =>
  deliveries.some((one) => one.prompt === 'reminder') && !asksAgain(build, deliveries, questions)

/** Returns the problem of a status.json that is bad at a second look too and is not in the journal yet. */
function invalidReport(seen: Snapshot, { doubtfulReport }: Memory): string | undefined {
  if (!doubtfulReport || doubtfulReport.problem === seen.recordedProblem) return undefined
  return seen.lookedMs - doubtfulReport.since >= secondLookMs ? doubtfulReport.problem : undefined
}
