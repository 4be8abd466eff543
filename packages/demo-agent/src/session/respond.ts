import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { DemoOptions } from '../options.ts'
import type { Scenario } from '../scenarios.ts'
import type { Bench } from '../work/bench.ts'
import { continueWork, type Outcome, startWork } from '../work/build.ts'
import { spoilStatus } from '../work/garbage.ts'
import { findPromptFile, readOrder, type WorkOrder } from '../work/order.ts'
import { questionOf, readAnswer } from '../work/questions.ts'
import { type Report, writeReport } from '../work/report.ts'
import { writeUsage } from '../work/usage.ts'
import type { Conversation } from './conversation.ts'
import type { TellHook } from './hooks.ts'

export interface Reply {
  readonly text: string
  /** The turn failed as a whole, as when a service refuses. */
  readonly error?: 'rate_limit' | 'authentication_failed' | 'server_error' | 'billing_error'
}

export interface RespondingParts {
  readonly options: DemoOptions
  readonly conversation: Conversation
  readonly tell: TellHook
  readonly say: (text: string) => void
  readonly doing: (what: string) => void
  readonly fallSilent: () => void
}

const overload: Reply = { text: 'The service is overloaded.', error: 'server_error' }

/** What a scenario's service answers in place of work; those whose name ends in `-once` the first time only. */
const refusals: Partial<Record<Scenario, Reply>> = {
  quota: { text: 'You have reached your usage limit. It resets in 5 hours.', error: 'rate_limit' },
  'quota-once': {
    text: 'You have reached your usage limit. It resets in 2 seconds.',
    error: 'rate_limit',
  },
  overload,
  'overload-once': overload,
  credit: { text: 'Your credit balance is too low.', error: 'billing_error' },
  login: { text: 'Login refused. Please run /login.', error: 'authentication_failed' },
}

/** What the agent does about a message: an order is carried out, an answer goes on, anything else gets a sentence. */
export function createResponder(parts: RespondingParts) {
  const { options, conversation } = parts
  let open = conversation.openQuestion
  let isRefusedBefore = options.resume
  let lastPromptFile: string | undefined

  function settle(outcome: Outcome, order: WorkOrder, startedAt: string): Reply {
    if (outcome.ended === 'asked') {
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
    const bench = { ...openBench(parts, order, startedAt, signal), isRepeated }
    return settle(await startWork(bench), order, startedAt)
  }

  async function takeAnswer(signal: AbortSignal): Promise<Reply | undefined> {
    const question = questionOf(options.scenario)
    if (!open || !question) return undefined
    const { started_at } = open
    const order = readOrder(open.prompt_file)
    const answer = readAnswer(order.workspace, question)
    if (!answer) return { text: `I still wait for the answer to: ${question.question}` }
    closeQuestion()
    const bench = openBench(parts, order, started_at, signal)
    return settle(await continueWork(bench, answer), order, started_at)
  }

  return async (message: string, signal: AbortSignal): Promise<Reply> => {
    const refusal = refusals[options.scenario]
    if (refusal && !(isRefusedBefore && options.scenario.endsWith('-once'))) {
      isRefusedBefore = true
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

function openBench(
  parts: RespondingParts,
  order: WorkOrder,
  startedAt: string,
  signal: AbortSignal,
): Bench {
  const { options } = parts
  const statusFile = join(order.workspace, 'status.json')
  let last: Pick<Report, 'phase' | 'progress'> = { phase: 0, progress: 0 }
  let spoiled = 0
  let spent = 0
  const pause = () => delay(options.paceMs, undefined, { signal })
  return {
    order,
    isRepeated: false,
    scenario: options.scenario,
    stateFolder: options.stateFolder,
    startedAt,
    signal,
    tell: parts.tell,
    say: parts.say,
    doing: parts.doing,
    fallSilent: parts.fallSilent,
    progress: () => last,
    pause,
    async report(report) {
      signal.throwIfAborted()
      last = { phase: report.phase, progress: report.progress }
      writeReport(statusFile, { ...report, build: order.build, attempt: order.attempt })
      if (options.scenario === 'spend' && options.usageFile !== undefined)
        writeUsage(options.usageFile, ++spent)
      await pause()
      if (options.scenario !== 'garbage-status' || report.status === 'deployed') return
      // Two ways after each report, so that one build shows all of them.
      for (let turn = 0; turn < 2; turn += 1) {
        spoilStatus(statusFile, spoiled++)
        await pause()
      }
    },
  }
}
