import { setTimeout as delay } from 'node:timers/promises'
import { openBench, type SessionSide } from './bench.ts'
import { continueBuild, type Outcome, startBuild } from './build.ts'
import { findPromptFile, type Order, readOrder } from './order.ts'
import { questionOf, readAnswer } from './questions.ts'
import type { Scenario } from './scenarios.ts'
import type { OpenQuestion } from './transcript.ts'

export interface Reply {
  readonly text: string
  /** The turn failed as a whole, as when a service refuses. */
  readonly error?: 'rate_limit' | 'authentication_failed' | 'server_error' | 'billing_error'
}

const limitReached = (resets: string): Reply => ({
  text: `You have reached your usage limit. It resets in ${resets}.`,
  error: 'rate_limit',
})
const overload: Reply = { text: 'The service is overloaded.', error: 'server_error' }

/** What a scenario's service answers in place of work; where the name ends in `-once`, the first time only. */
const refusals: Partial<Record<Scenario, Reply>> = {
  quota: limitReached('5 hours'),
  'quota-once': limitReached('2 seconds'),
  overload,
  'overload-once': overload,
  credit: { text: 'Your credit balance is too low.', error: 'billing_error' },
  login: { text: 'Login refused. Please run /login.', error: 'authentication_failed' },
}

/** Answers messages: an order is carried out, an answer goes on, anything else gets a sentence. */
export function createResponder(session: SessionSide) {
  const { options, conversation } = session
  let open: OpenQuestion | undefined = options.resume ? conversation.openQuestion : undefined
  let wasRefused = options.resume
  let lastPromptFile: string | undefined

  function settle(outcome: Outcome, order: Order, startedAt: string): Reply {
    if (outcome.isQuestion) {
      open = { type: 'question', prompt_file: order.promptFile, started_at: startedAt }
      conversation.record(open)
    }
    return { text: outcome.text }
  }

  function closeQuestion(): void {
    if (open) conversation.record({ type: 'answered' })
    open = undefined
  }

  async function carryOut(promptFile: string, signal: AbortSignal): Promise<Reply> {
    const startedAt = new Date().toISOString()
    const order = readOrder(promptFile)
    closeQuestion()
    const isRepeated = promptFile === lastPromptFile
    lastPromptFile = promptFile
    const bench = openBench(session, order, startedAt, isRepeated, signal)
    return settle(await startBuild(bench), order, startedAt)
  }

  async function takeAnswer(signal: AbortSignal): Promise<Reply | undefined> {
    const question = questionOf(options.scenario)
    if (!open || !question) return undefined
    const { started_at } = open
    const order = readOrder(open.prompt_file)
    const answer = readAnswer(order.workspace, question)
    if (!answer) return { text: `I still wait for the answer to: ${question.question}` }
    closeQuestion()
    const bench = openBench(session, order, started_at, false, signal)
    return settle(await continueBuild(bench, answer), order, started_at)
  }

  return async (message: string, signal: AbortSignal): Promise<Reply> => {
    const refusal = refusals[options.scenario]
    if (refusal && !(wasRefused && options.scenario.endsWith('-once'))) {
      wasRefused = true
      return refusal
    }
    try {
      const promptFile = findPromptFile(message)
      if (promptFile !== undefined) return await carryOut(promptFile, signal)
      const answered = await takeAnswer(signal)
      if (answered) return answered
    } catch (error) {
      signal.throwIfAborted()
      return { text: `I cannot work on this: ${error instanceof Error ? error.message : error}` }
    }
    await delay(options.paceMs, undefined, { signal })
    return { text: 'I am the demo agent. Point me at a prompt file and I build what it asks for.' }
  }
}
