import { rm } from 'node:fs/promises'
import {
  type Answer,
  type AskedQuestion,
  answerByPolicy,
  parseClarifications,
  questionKey,
  safeAnswer,
  shortened,
} from '../domain/question.ts'
import { maxReportBytes } from '../domain/report.ts'
import { readAgentFile } from '../session/agent-files.ts'
import type { Scope } from '../session/scope.ts'
import { writeFileAtomic } from '../session/write-files.ts'
import { type Build, updateBuild, whileRunning } from '../store/builds.ts'
import type { Reader, Tx } from '../store/database.ts'
import { appendEvent } from '../store/events.ts'
import {
  listOpenQuestions,
  listQuestions,
  type Question,
  recordAnswer,
  recordAnswerDelivery,
  recordQuestion,
} from '../store/questions.ts'

/** How long a question had been open when this process first saw it, and when that was by the stopwatch. */
export interface OpenSince {
  readonly ageMs: number
  readonly at: number
}
/** The open questions by their keys. */
export type OpenQuestions = Readonly<Record<string, OpenSince>>

/** What a look sees of questions. */
export interface QuestionsSeen {
  readonly build: Build
  /** What clarifications.json asks. */
  readonly asked: readonly AskedQuestion[]
  /** The recorded questions of the build's attempt. */
  readonly questions: readonly Question[]
}

/** Reads what clarifications.json asks now. A half-written file asks nothing yet. */
export async function readAsked({ paths }: Scope): Promise<readonly AskedQuestion[]> {
  const read = await readAgentFile(paths.clarifications, maxReportBytes)
  const parsed = read.kind === 'text' ? parseClarifications(read.text) : undefined
  return parsed?.ok ? parsed.questions : []
}

/** The recorded questions of a build's current attempt. */
export const listAttemptQuestions = (reader: Reader, build: Build): readonly Question[] =>
  listQuestions(reader, build.guid, build.build).filter(
    (question) => question.attempt === build.attempt,
  )

export const openOf = ({ questions }: Pick<QuestionsSeen, 'questions'>): readonly Question[] =>
  questions.filter((question) => question.answer === undefined)

/** Whether clarifications.json asks something that this attempt has not recorded. */
export const asksSomethingNew = ({ asked, questions }: QuestionsSeen): boolean =>
  asked.some((question) => !questions.some((known) => known.key === questionKey(question)))

/** Whether the agent waits for an approval without having written what for. */
export const waitsUnnamed = ({ build, asked, questions }: QuestionsSeen): boolean =>
  build.state === 'awaiting_approval' &&
  asked.length === 0 &&
  questions.every((question) => question.delivery !== undefined)

/**
 * Follows since when questions are open. The time of day counts only for the time before this process first saw a
 * question; from then on the stopwatch counts, so that a clock that jumps, or a machine that slept, does not
 * shorten the time to answer.
 */
export function followOpenQuestions(
  before: OpenQuestions,
  open: readonly Question[],
  { now, lookedMs }: { readonly now: number; readonly lookedMs: number },
): OpenQuestions {
  return Object.fromEntries(
    open.map(({ key, askedAt }) => {
      const ageMs = Math.max(0, now - Date.parse(askedAt))
      return [key, before[key] ?? { ageMs, at: lookedMs }]
    }),
  )
}

/** Returns the answer that an open question gets without a user, by the policy or because its time is over. */
export function settlementOf(
  question: Question,
  { settings }: Build,
  opened: OpenQuestions,
  lookedMs: number,
): Pick<Answer, 'answer' | 'decision' | 'by'> | undefined {
  const byPolicy = answerByPolicy(question, settings.questionPolicy)
  if (byPolicy) return { ...byPolicy, by: 'policy' }
  const since = opened[question.key]
  const isOverdue =
    since !== undefined && since.ageMs + lookedMs - since.at > settings.approvalTimeoutMs
  return isOverdue ? { ...safeAnswer(question), by: 'timeout' } : undefined
}

/** Records what the agent asks, which holds the build until there are answers. */
export async function recordQuestions(
  scope: Scope,
  build: Build,
  seen: readonly AskedQuestion[],
): Promise<void> {
  // The file that was seen may be half-written again, and the one that was missing may have been written.
  const asked = seen.length > 0 ? seen : await readAsked(scope)
  const { store, paths } = scope
  // The old answers go, because an agent may use an id again for another question.
  await rm(paths.answers, { recursive: true, force: true })
  await whileRunning(store, build, (tx, { state, message }) => {
    const questions = asked.length > 0 ? asked : [unnamedQuestion(tx, build, message)]
    for (const question of questions) recordQuestion(tx, build, question)
    if (state === 'awaiting_approval') return
    updateBuild(tx, build, { state: 'awaiting_approval', beforeQuestion: state })
  })
}

/**
 * Makes the question of an agent that waits for an approval and did not write down what for. It has a number,
 * because each time that an agent does so is another question.
 */
function unnamedQuestion(tx: Tx, build: Build, message: string): AskedQuestion {
  const asked = listQuestions(tx, build.guid, build.build).length
  return {
    id: `approval-${asked + 1}`,
    question: shortened(message) || 'The agent waits for an approval.',
    reason: 'approval',
    options: [],
    default: undefined,
    cost_estimate_monthly: undefined,
  }
}

/** Gives open questions the answers of the policy, and the safe answer to those that no one answered in time. */
export async function settleQuestions(
  { store }: Scope,
  build: Build,
  opened: OpenQuestions,
  lookedMs: number,
): Promise<void> {
  for (const question of listOpenQuestions(store, build)) {
    const settlement = settlementOf(question, build, opened, lookedMs)
    if (settlement) await store.transact((tx) => recordAnswer(tx, build, question, settlement))
  }
}

/** Writes answers.json, a copy for the agent; the records hold the answers that count. */
export async function writeAnswers({ store, paths }: Scope, build: Build): Promise<void> {
  const questions = listQuestions(store, build.guid, build.build)
  await writeFileAtomic(paths.answers, renderAnswers(questions))
}

/** Renders one answer for each id: the one to the question that the agent asked last under it. */
function renderAnswers(questions: readonly Question[]): string {
  const inOrder = questions.toSorted((one, other) => one.attempt - other.attempt)
  const latest = new Map(inOrder.map((question) => [question.id, question]))
  const answers = [...latest.values()].flatMap(({ id, answer }) =>
    answer ? [{ id, ...answer }] : [],
  )
  return `${JSON.stringify({ answers }, undefined, 2)}\n`
}

/** Records that all answers which the agent has not been given yet go with this line. */
export function recordAnswersUnderWay(tx: Tx, build: Build, delivery: string): void {
  const keys = listAttemptQuestions(tx, build)
    .filter((question) => question.answer && !question.delivery)
    .map((question) => question.key)
  recordAnswerDelivery(tx, build.guid, build.build, keys, delivery)
}

/** Takes the build back to where it was, after the agent took the line with the answers. */
export function recordAnswersTaken(tx: Tx, build: Build): void {
  // The agent may have gone on already or asked again, and another answer may wait for a line of its own.
  const goesOn =
    build.state === 'awaiting_approval' &&
    listAttemptQuestions(tx, build).every((question) => question.delivery !== undefined)
  if (!goesOn) return
  const isClaim = build.report?.status === 'deployed'
  // The agent may have taken its claim back since.
  const before =
    build.beforeQuestion === 'verifying' && !isClaim ? 'deploying' : build.beforeQuestion
  const state = before ?? 'implementing'
  updateBuild(tx, build, { state, beforeQuestion: null })
  if (state === 'verifying')
    appendEvent(tx, build, 'verifying', { url: build.report?.deployment_url ?? '' })
}
