import { writeFileAtomic } from '../session/write-files.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import type { Reader, Tx } from '../store/database.ts'
import { appendEvent } from '../store/events.ts'
import { listQuestions, type Question, recordAnswerDelivery } from '../store/questions.ts'
import type { Run } from './run.ts'

/** Writes answers.json: a copy for the agent; ours is in the records. */
export async function writeAnswers(run: Run, build: Build): Promise<void> {
  const questions = listQuestions(run.scope.store, build.guid, build.build)
  await writeFileAtomic(run.scope.paths.answers, renderAnswers(questions))
}

/** An id has the answer to what it asked last. */
export function renderAnswers(questions: readonly Question[]): string {
  const inOrder = questions.toSorted((one, other) => one.attempt - other.attempt)
  const latest = new Map(inOrder.map((question) => [question.id, question]))
  const answers = [...latest.values()].flatMap(({ id, answer }) =>
    answer ? [{ id, ...answer }] : [],
  )
  return `${JSON.stringify({ answers }, undefined, 2)}\n`
}

/** All answers that the agent was not told of go with this line. */
export function recordAnswersUnderWay(tx: Tx, build: Build, delivery: string): void {
  const keys = ownQuestions(tx, build)
    .filter((question) => question.answer && !question.delivery)
    .map((question) => question.key)
  recordAnswerDelivery(tx, build.guid, build.build, keys, delivery)
}

/** The agent took the line that tells of the answers: the build goes back to where it was. */
export function recordAnswersTold(tx: Tx, build: Build): void {
  // The agent may have read the file and gone on, or asked again; or another answer waits for a line of its own.
  const goesOn =
    build.state === 'awaiting_approval' &&
    ownQuestions(tx, build).every((question) => question.delivery !== undefined)
  if (!goesOn) return
  const isClaim = build.report?.status === 'deployed'
  // A claim that was taken back since is none.
  const before =
    build.beforeQuestion === 'verifying' && !isClaim ? 'deploying' : build.beforeQuestion
  const state = before ?? 'implementing'
  updateBuild(tx, build, { state, beforeQuestion: null })
  if (state === 'verifying')
    appendEvent(tx, build, 'verifying', { url: build.report?.deployment_url ?? '' })
}

const ownQuestions = (reader: Reader, build: Build): readonly Question[] =>
  listQuestions(reader, build.guid, build.build).filter(
    (question) => question.attempt === build.attempt,
  )
