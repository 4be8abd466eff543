import { shortGuid } from '../domain/identity.ts'
import { approved, rejected } from '../domain/question.ts'
import { noSuchSession, usageError } from '../errors.ts'
import { requireOutsideSession } from '../session/inside.ts'
import type { Scope } from '../session/scope.ts'
import { hasSupervisor } from '../session/start.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { listOpenQuestions, type Question, recordAnswer } from '../store/questions.ts'
import { type App, requireScope } from './open-app.ts'

interface AnswerableBuild {
  readonly scope: Scope
  readonly build: Build
  /** At least one: all open ones, or the one that was named. */
  readonly questions: readonly Question[]
}

/** Finds the open questions. Throws `usage` when there is none, `conflict` inside the session. */
async function requireOpenQuestions(
  app: App,
  guidOrPrefix: string,
  id: string | undefined,
): Promise<AnswerableBuild> {
  const scope = requireScope(app, guidOrPrefix)
  await requireOutsideSession(scope)
  const { guid, store } = scope
  const build = findLatestBuild(store, guid)
  if (!build)
    throw noSuchSession('This session has no build.', 'Start one with: tmux-builder register')
  const open = build.endedAt === undefined ? listOpenQuestions(store, build) : []
  if (open.length === 0)
    throw usageError(
      'No question is open in this session.',
      `See: tmux-builder status ${shortGuid(guid)}`,
    )
  return { scope, build, questions: id === undefined ? open : [requireNamed(open, id)] }
}

/** The agent chooses the ids, so two questions may share one. Then it is not guessed which is meant. */
function requireNamed(open: readonly Question[], id: string): Question {
  const [question, other] = open.filter((one) => one.id === id)
  if (!question)
    throw usageError(
      `No open question has the id ${JSON.stringify(id)}.`,
      `Open questions: ${idsOf(open)}`,
    )
  if (other)
    throw usageError(
      `Several open questions have the id ${JSON.stringify(id)}.`,
      'Decide on all open questions: tmux-builder approve, or reject, without --question',
    )
  return question
}

const idsOf = (questions: readonly Question[]) => questions.map((one) => one.id).join(', ')

export interface AnswerInput {
  readonly guid: string
  readonly text: string
  /** The question's id; needed when several are open. */
  readonly question?: string | undefined
}

/** Answers an open question of the session's build; returns the question's id. */
export async function answer(app: App, { guid, text, question: id }: AnswerInput): Promise<string> {
  const { scope, build, questions } = await requireOpenQuestions(app, guid, id)
  const [question, other] = questions
  if (!question || other)
    throw usageError(
      `${questions.length} questions are open: ${idsOf(questions)}.`,
      'Name one with --question ID',
    )
  if (question.reason === 'cost_threshold')
    throw usageError(
      `Question ${question.id} needs a decision, not a text.`,
      'Decide with: tmux-builder approve, or reject',
    )
  if (text.trim() === '')
    throw usageError('The answer is empty.', 'Give the answer as the last argument')
  requireAnswered(
    await scope.store.transact((tx) =>
      recordAnswer(tx, build, question, { answer: text, decision: 'answer', by: 'user' }),
    ),
    questions,
  )
  noticeIfAbandoned(scope)
  return question.id
}

/** The answer is kept, but a build without a supervisor does not act on it until it is resumed. */
function noticeIfAbandoned(scope: Scope): void {
  if (hasSupervisor(scope)) return
  scope.world.notice(
    `The answer is recorded, but no supervisor is running for this build. Continue with: tmux-builder resume ${shortGuid(scope.guid)}`,
  )
}

/** Throws `usage` when all of the questions were answered elsewhere first. */
function requireAnswered(
  answered: readonly string[],
  questions: readonly Question[],
): readonly string[] {
  if (answered.length > 0) return answered
  throw usageError(
    `Already answered, or no longer asked: ${idsOf(questions)}.`,
    'See the journal: tmux-builder events',
  )
}

export interface DecideInput {
  readonly guid: string
  readonly decision: 'approve' | 'reject'
  /** The question's id. Default: all open questions. */
  readonly question?: string | undefined
}

/** Approves or rejects open questions; returns their ids. */
export async function decide(app: App, input: DecideInput): Promise<readonly string[]> {
  const { scope, build, questions } = await requireOpenQuestions(app, input.guid, input.question)
  const answer = { ...(input.decision === 'approve' ? approved : rejected), by: 'user' } as const
  const answered = await scope.store.transact((tx) =>
    questions.flatMap((question) => recordAnswer(tx, build, question, answer)),
  )
  const ids = requireAnswered(answered, questions)
  noticeIfAbandoned(scope)
  return ids
}
