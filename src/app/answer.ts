import { approved, rejected } from '../domain/question.ts'
import { noSuchSession, usageError } from '../errors.ts'
import { requireOutsideSession } from '../session/inside.ts'
import type { Scope } from '../session/scope.ts'
import { hasSupervisor } from '../session/start.ts'
import { type Build, findLatestBuild } from '../store/builds.ts'
import { listOpenQuestions, type Question, recordAnswer } from '../store/questions.ts'
import { type App, requireScope } from './open-app.ts'

interface Asked {
  readonly scope: Scope
  readonly build: Build
  /** All open ones, or those that were named; at least one. */
  readonly questions: readonly Question[]
}

/** The open questions of the session's running build. Exit 2 when there is none, 6 from inside the session. */
export async function requireOpenQuestions(
  app: App,
  guidOrPrefix: string,
  id: string | undefined,
): Promise<Asked> {
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
      `See: tmux-builder status ${guid.slice(0, 12)}`,
    )
  return { scope, build, questions: id === undefined ? open : [requireNamed(open, id)] }
}

/** An id is the agent's to choose, and two questions may have the same: which is meant is not guessed. */
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

/** Answers an open question of the session's build; returns the question's id. */
export async function answer(
  app: App,
  guidOrPrefix: string,
  text: string,
  flags: { readonly question?: string },
): Promise<string> {
  const { scope, build, questions } = await requireOpenQuestions(app, guidOrPrefix, flags.question)
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
  tellIfAbandoned(scope)
  return question.id
}

/** What was answered is kept, and nothing comes of it until somebody brings the build back. */
export function tellIfAbandoned(scope: Scope): void {
  if (hasSupervisor(scope)) return
  scope.world.notice(
    `It is recorded, but no supervisor is running for this build. Continue with: tmux-builder resume ${scope.guid.slice(0, 12)}`,
  )
}

/** Exit 2 when others were faster with all of them. */
export function requireAnswered(
  answered: readonly string[],
  questions: readonly Question[],
): readonly string[] {
  if (answered.length > 0) return answered
  throw usageError(
    `Already answered, or no longer asked: ${idsOf(questions)}.`,
    'See the journal: tmux-builder events',
  )
}

/** Approves or rejects one open question, or all of them; returns their ids. */
export async function decide(
  app: App,
  guidOrPrefix: string,
  decision: 'approve' | 'reject',
  flags: { readonly question?: string },
): Promise<readonly string[]> {
  const { scope, build, questions } = await requireOpenQuestions(app, guidOrPrefix, flags.question)
  const answer = { ...(decision === 'approve' ? approved : rejected), by: 'user' } as const
  const answered = await scope.store.transact((tx) =>
    questions.flatMap((question) => recordAnswer(tx, build, question, answer)),
  )
  const ids = requireAnswered(answered, questions)
  tellIfAbandoned(scope)
  return ids
}
