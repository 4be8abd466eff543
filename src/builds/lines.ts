import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { deliveryIdStart } from '../session/tidy.ts'
import { type Build, requireBuild, updateBuild } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import { type Delivery, listDeliveries, planAgain, planDelivery } from '../store/deliveries.ts'
import { appendEvent } from '../store/events.ts'
import { listQuestions } from '../store/questions.ts'
import { recordAnswersTold, recordAnswersUnderWay, writeAnswers } from './answers.ts'
import { deliver, findProof, proveAccepted, recordAccepted } from './deliver.ts'
import type { Silence } from './next-step.ts'
import { findFirstDelivery, type Run } from './run.ts'

/** Lines of ours that follow an attempt's prompt into the conversation. */
const texts = {
  answer: 'Your questions are answered: read answers.json in your working folder and go on.',
  reminder:
    'Your work order is not finished: the build is reported neither as deployed nor as failed. Go on with it, and report.',
  lost: 'You were interrupted: the terminal or the machine was lost. See how far you were, go on, and report.',
  limit: 'The usage limit is lifted. Go on where you were, and report.',
} as const

type LineKind = keyof typeof texts

/** An agent that asked, or keeps still, has ended its turn; one that is busy all the same queues the line. */
const idleTimeoutMs = 2_000

/** The newest line of this attempt that is not taken yet. */
export function findLine(run: Run, build: Build): Delivery | undefined {
  const last = build.attempt === 0 ? undefined : listDeliveries(run.scope.store, build).at(-1)
  return last && last.prompt in texts && last.state !== 'confirmed' ? last : undefined
}

export function wasReminded(run: Run, build: Build): boolean {
  return (
    build.attempt > 0 &&
    !asksAgain(run, build) &&
    listDeliveries(run.scope.store, build).some((one) => one.prompt === 'reminder')
  )
}

/** It waits for what it was told already, as one that begins anew after an interruption: it is told once more. */
function asksAgain(run: Run, build: Build): boolean {
  const { store, guid } = run.scope
  return (
    build.report?.status === 'awaiting_approval' &&
    listDeliveries(store, build).at(-1)?.prompt !== 'answer' &&
    listQuestions(store, guid, build.build).some(
      (question) => question.attempt === build.attempt && question.answer,
    )
  )
}

export async function planAnswers(run: Run, build: Build): Promise<void> {
  await run.scope.store.transact((tx) => {
    recordAnswersUnderWay(tx, build, planLine(tx, run, build, 'answer'))
  })
}

/** An agent that keeps still is told so, once in an attempt; one that waits for an answer that it was given, that. */
export async function planReminder(
  run: Run,
  build: Build,
  silence: Silence,
  silentSeconds: number,
): Promise<void> {
  await run.scope.store.transact((tx) => {
    if (silence === 'stalled')
      appendEvent(tx, build, 'agent_stalled', { silent_seconds: silentSeconds })
    planLine(tx, run, build, asksAgain(run, build) ? 'answer' : 'reminder')
  })
}

/** The agent is called back into its conversation: after a usage limit, or when it was lost with its tmux session. */
export async function planCallBack(run: Run, build: Build): Promise<void> {
  const kind = build.waitUntil === undefined ? 'lost' : 'limit'
  await run.scope.store.transact((tx) => planLine(tx, run, build, kind))
}

function planLine(tx: Tx, run: Run, build: Build, kind: LineKind): string {
  const { store, guid } = run.scope
  const number = listDeliveries(store, build).length
  const id = `${deliveryIdStart(guid)}${build.build}-${build.attempt}-l${number}`
  const order = findFirstDelivery(run, build)?.file
  const pointer =
    kind === 'answer' || !order ? '' : ` Your work order: ${join(run.scope.paths.folder, order)}`
  const line = `[${id}] ${texts[kind]}${pointer}`
  run.sentAt = undefined
  planDelivery(tx, {
    id,
    guid,
    build: build.build,
    attempt: build.attempt,
    prompt: kind,
    file: undefined,
    sha256: createHash('sha256').update(line).digest('hex'),
    bytes: Buffer.byteLength(line),
    line,
  })
  return id
}

/** Takes the line under way one step further: sends it, or sees that it was taken. */
export async function tellLine(run: Run, build: Build): Promise<void> {
  const { store, guid } = run.scope
  const line = findLine(run, build)
  if (!line) return
  if (line.prompt === 'answer') await writeAnswers(run, build)
  if (line.state === 'planned') return deliver(run, build, line, idleTimeoutMs)
  const proof = await proveAccepted(run, line)
  if (proof === undefined) return
  await store.transact((tx) => {
    recordAccepted(tx, run, line, proof)
    if (line.prompt === 'answer') recordAnswersTold(tx, requireBuild(tx, guid, run.number))
    if (line.prompt === 'limit') updateBuild(tx, build, { waitUntil: null })
  })
}

/** The prompt was lost with its pane and nothing proves that it was taken: it goes into the new pane. */
export async function sendAgain(run: Run, build: Build): Promise<void> {
  const delivery = findFirstDelivery(run, build)
  const proof = delivery && (await findProof(run, delivery))
  if (proof) await run.scope.store.transact((tx) => recordAccepted(tx, run, delivery, proof))
  else if (delivery) await run.scope.store.transact((tx) => planAgain(tx, delivery.id))
  run.sentAt = undefined
}
