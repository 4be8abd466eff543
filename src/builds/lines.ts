import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { deliveryIdStart } from '../session/tidy.ts'
import { type Build, updateBuild, whileRunning } from '../store/builds.ts'
import type { Tx } from '../store/database.ts'
import {
  type Delivery,
  listDeliveries,
  planAgain,
  planDelivery,
  recordConfirmed,
} from '../store/deliveries.ts'
import { appendEvent } from '../store/events.ts'
import type { Question } from '../store/questions.ts'
import {
  listAttemptQuestions,
  recordAnswersTaken,
  recordAnswersUnderWay,
  writeAnswers,
} from './agent-questions.ts'
import { endAgent } from './agent-window.ts'
import { deliver, proveAccepted, recordAccepted } from './deliver.ts'
import { sentence } from './describe-failure.ts'
import type { Silence } from './next-step.ts'
import { lineOf, promptOf } from './observe.ts'
import { findPrompt, type Run } from './run.ts'

/** What each kind of line says. Lines follow an attempt's prompt into the conversation. */
const texts = {
  answer: 'Your questions are answered: read answers.json in your working folder and go on.',
  reminder:
    'Your work order is not finished: the build is reported neither as deployed nor as failed. Go on with it, and report.',
  lost: 'You were interrupted: the terminal or the machine was lost. See how far you were, go on, and report.',
  limit: 'The usage limit is lifted. Go on where you were, and report.',
} as const

type LineKind = keyof typeof texts

/** The wait is short: an agent that asked or keeps still has ended its turn, and a busy one queues the line. */
const idleTimeoutMs = 2_000

/**
 * Whether the agent waits for an answer that it was given already, as an agent does that begins anew after an
 * interruption. It is given that answer once more.
 */
export const asksAgain = (
  build: Build,
  deliveries: readonly Delivery[],
  questions: readonly Question[],
): boolean =>
  build.report?.status === 'awaiting_approval' &&
  deliveries.at(-1)?.prompt !== 'answer' &&
  questions.some((question) => question.answer)

/** Plans the line that gives the agent all answers that it has not been given yet. */
export async function planAnswers(run: Run, build: Build): Promise<void> {
  await whileRunning(run.scope.store, build, (tx) => {
    recordAnswersUnderWay(tx, build, planLine(tx, run, build, 'answer'))
  })
}

/** Plans to remind an agent that keeps still; one that waits for an answer gets that answer again. */
export async function planReminder(
  run: Run,
  build: Build,
  silence: Silence,
  silentSeconds: number,
): Promise<void> {
  await whileRunning(run.scope.store, build, (tx, now) => {
    if (silence === 'stalled')
      appendEvent(tx, build, 'agent_stalled', { silent_seconds: silentSeconds })
    const deliveries = listDeliveries(tx, build)
    const isAsking = asksAgain(now, deliveries, listAttemptQuestions(tx, build))
    planLine(tx, run, build, isAsking ? 'answer' : 'reminder')
  })
}

/**
 * Plans to call the agent back into its conversation, after a usage limit or when it was lost with its tmux
 * session.
 */
export async function planCallBack(run: Run, build: Build): Promise<void> {
  await whileRunning(run.scope.store, build, (tx, now) => {
    planLine(tx, run, build, now.waitUntil === undefined ? 'lost' : 'limit')
  })
}

function planLine(tx: Tx, run: Run, build: Build, kind: LineKind): string {
  const { guid } = run.scope
  const earlier = listDeliveries(tx, build)
  const id = `${deliveryIdStart(guid)}${build.build}-${build.attempt}-l${earlier.length}`
  const order = promptOf({ deliveries: earlier })?.file
  const pointer =
    kind === 'answer' || !order ? '' : ` Your work order: ${join(run.scope.paths.folder, order)}`
  const line = `[${id}] ${texts[kind]}${pointer}`
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

/** Takes the line under way one step further: sends it, or looks for the proof that the agent took it. */
export async function tellLine(run: Run, build: Build): Promise<void> {
  const { store } = run.scope
  const line = lineOf({ deliveries: listDeliveries(store, build) })
  if (!line) return
  if (line.prompt === 'answer') await writeAnswers(run.scope, build)
  if (line.state === 'planned') return deliver(run, build, line, idleTimeoutMs)
  const proof = await proveAccepted(run, line)
  if (proof === undefined) return
  await whileRunning(store, build, (tx, now) => {
    recordConfirmed(tx, line, proof)
    if (line.prompt === 'answer') recordAnswersTaken(tx, now)
    if (line.prompt === 'limit') updateBuild(tx, build, { waitUntil: null })
  })
}

/** Plans a prompt again that was lost with its pane, unless something proves that the agent had taken it. */
export async function sendAgain(run: Run, build: Build): Promise<void> {
  const delivery = findPrompt(run, build)
  if (!delivery) return
  const proof = await run.agent.findAcceptance(delivery)
  if (proof !== undefined) return void (await recordAccepted(run, build, delivery, proof))
  await whileRunning(run.scope.store, build, (tx) => planAgain(tx, delivery.id))
}

/**
 * Holds the attempt until a usage limit is lifted. The agent's program is ended for that time, because it may
 * stand at a dialog of what to buy, or continue by itself at the same moment. Its conversation is resumed
 * afterwards.
 */
export async function waitForLimit(
  run: Run,
  build: Build,
  limit: { readonly until: string; readonly message: string },
): Promise<void> {
  await endAgent(run)
  await whileRunning(run.scope.store, build, (tx) => {
    updateBuild(tx, build, {
      waitUntil: limit.until,
      message: `Waiting until ${limit.until}: the agent’s usage limit is reached`,
    })
    appendEvent(tx, build, 'limit_reached', {
      until: limit.until,
      message: sentence(limit.message),
    })
  })
}
