import { createHash } from 'node:crypto'
import type { Build } from '../store/builds.ts'
import { updateBuild } from '../store/builds.ts'
import { type Delivery, listDeliveries, planDelivery } from '../store/deliveries.ts'
import { listQuestions, type Question, recordAnswerDelivery } from '../store/questions.ts'
import { writeFileAtomic } from '../workspace/files.ts'
import { deliver, isAccepted, pressEnterAgain, recordAccepted } from './deliver.ts'
import type { Run } from './run.ts'

/** An agent that asked ends its turn; one that looks for answers.json itself stays busy. */
const idleTimeoutMs = 2_000

/** answers.json: a copy for the agent; ours is in the records. An id has the answer to what it asked last. */
export function renderAnswers(questions: readonly Question[]): string {
  const inOrder = questions.toSorted((one, other) => one.attempt - other.attempt)
  const latest = new Map(inOrder.map((question) => [question.id, question]))
  const answers = [...latest.values()].flatMap(({ id, answer }) =>
    answer ? [{ id, ...answer }] : [],
  )
  return `${JSON.stringify({ answers }, undefined, 2)}\n`
}

/** Gives the agent the answers: the file first, then one line into its conversation. Goes on where it was cut short. */
export async function tellAnswers(run: Run, build: Build): Promise<void> {
  const { store, guid, paths } = run.scope
  const questions = listQuestions(store, guid, build.build)
  const own = questions.filter((question) => question.attempt === build.attempt)
  const untold = own.filter((question) => question.answer && !question.delivery)
  // The agent may have read the file and gone on, or asked again.
  const goesOn =
    build.state === 'awaiting_approval' && own.every((question) => question.answer !== undefined)
  await writeFileAtomic(paths.answers, renderAnswers(questions))
  const delivery = ensureAnswerDelivery(run, build, untold)
  if (delivery.state === 'planned') return deliver(run, build, delivery, idleTimeoutMs)
  if (delivery.state === 'sent' && !isAccepted(delivery, await run.readHooks()))
    return pressEnterAgain(run, delivery)
  store.transact(() => {
    recordAccepted(run, delivery, 'UserPromptSubmit')
    recordAnswerDelivery(
      store,
      guid,
      build.build,
      untold.map((question) => question.key),
      delivery.id,
    )
    if (goesOn)
      updateBuild(store, guid, build.build, {
        state: build.beforeQuestion ?? 'implementing',
        beforeQuestion: null,
      })
  })
}

/** The delivery under way, or a new one: its number says how many of the attempt came before. */
function ensureAnswerDelivery(run: Run, build: Build, untold: readonly Question[]): Delivery {
  const deliveries = listDeliveries(run.scope.store, build)
  const recorded = new Set(
    listQuestions(run.scope.store, build.guid, build.build).map((one) => one.delivery),
  )
  const underWay = deliveries.find((one) => one.prompt === 'answer' && !recorded.has(one.id))
  if (underWay) return underWay
  const { guid } = run.scope
  const id = `${guid.slice(0, 8)}-${build.build}-${build.attempt}-a${deliveries.length}`
  const ids = untold.map((question) => question.id.replace(/[^\w.-]/g, '_')).join(', ')
  const line = `[${id}] Your questions are answered (${ids}): read answers.json in your working folder and go on.`
  return planDelivery(run.scope.store, {
    id,
    guid,
    build: build.build,
    attempt: build.attempt,
    prompt: 'answer',
    file: undefined,
    sha256: createHash('sha256').update(line).digest('hex'),
    bytes: Buffer.byteLength(line),
    line,
  })
}
