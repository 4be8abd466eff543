import { setTimeout as delay } from 'node:timers/promises'
import { messageOf, openBench, type SessionSide } from './bench.ts'
import { build } from './build.ts'
import { findPromptFile, readOrder } from './order.ts'
import { questionOf, readAnswer } from './questions.ts'
import type { Scenario } from './scenarios.ts'

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
  const question = questionOf(options.scenario)
  let wasRefused = options.resume
  let lastPromptFile: string | undefined

  /** Works on the prompt file that a message names; on any other message, with an answer to the open question. */
  async function work(message: string, signal: AbortSignal): Promise<string | undefined> {
    const named = findPromptFile(message)
    const open = conversation.findOpenQuestion()
    const asked = named === undefined && question ? open : undefined
    const promptFile = named ?? asked?.prompt_file
    if (promptFile === undefined) return undefined
    const order = readOrder(promptFile)
    const answer = asked && question && readAnswer(order.workspace, question)
    if (asked && !answer) return `I still wait for the answer to: ${question?.question}`
    if (open) conversation.record({ type: 'answered' })
    const startedAt = asked?.started_at ?? new Date().toISOString()
    const isRepeated = named !== undefined && named === lastPromptFile
    lastPromptFile = promptFile
    return build(openBench(session, { order, startedAt, isRepeated, signal }), answer)
  }

  return async (message: string, signal: AbortSignal): Promise<Reply> => {
    const refusal = refusals[options.scenario]
    if (refusal && !(wasRefused && options.scenario.endsWith('-once'))) {
      wasRefused = true
      return refusal
    }
    try {
      const text = await work(message, signal)
      if (text !== undefined) return { text }
    } catch (error) {
      signal.throwIfAborted()
      return { text: `I cannot work on this: ${messageOf(error)}` }
    }
    await delay(options.paceMs, undefined, { signal })
    return { text: 'I am the demo agent. Point me at a prompt file and I build what it asks for.' }
  }
}
