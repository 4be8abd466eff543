import { type Build, updateBuild } from '../store/builds.ts'
import { listQuestions, type Question, recordAnswerDelivery } from '../store/questions.ts'
import { writeFileAtomic } from '../workspace/files.ts'
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

/** The agent took the line that tells of the answers: the build goes back to where it was. */
export function recordAnswersTold(
  run: Run,
  build: Build,
  questions: readonly Question[],
  delivery: string,
): void {
  const { store, guid } = run.scope
  const own = questions.filter((question) => question.attempt === build.attempt)
  recordAnswerDelivery(
    store,
    guid,
    build.build,
    own.filter((question) => question.answer && !question.delivery).map((question) => question.key),
    delivery,
  )
  // The agent may have read the file and gone on, or asked again.
  const goesOn =
    build.state === 'awaiting_approval' && own.every((question) => question.answer !== undefined)
  if (goesOn)
    updateBuild(store, guid, build.build, {
      state: build.beforeQuestion ?? 'implementing',
      beforeQuestion: null,
    })
}
