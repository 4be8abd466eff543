import { lstatSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Options } from './options.ts'
import type { Order } from './order.ts'
import { spoilStatus } from './spoil-status.ts'
import type { Conversation, Hook } from './transcript.ts'
import { writeFileOnce } from './write-file.ts'

/** What a turn uses of the session that it runs in. */
export interface SessionSide {
  readonly options: Options
  readonly conversation: Conversation
  tell: Hook
  say(text: string): void
  /** Shows what is being done now. */
  doing(what: string): void
  fallSilent(): void
}

type Status =
  | 'initializing'
  | 'planning'
  | 'implementing'
  | 'deploying'
  | 'deployed'
  | 'error'
  | 'awaiting_approval'

export type Bench = ReturnType<typeof openBench>

/** The work cannot go on: this becomes an `error` report. */
export class WorkFailure extends Error {
  readonly reason: string
  /** What helps to find the cause, such as the end of an output. */
  readonly evidence: string

  constructor(reason: string, message: string, evidence = '') {
    super(message)
    this.reason = reason
    this.evidence = evidence
  }
}

/** Everything that the work on an order uses from the outside; `signal` ends it. */
export function openBench(
  session: SessionSide,
  order: Order,
  startedAt: string,
  isRepeated: boolean,
  signal: AbortSignal,
) {
  const { options, tell, say } = session
  const statusFile = join(order.workspace, 'status.json')
  let last = { phase: 0, progress: 0 }
  let spoiled = 0
  let dollars = 0
  const pause = () => delay(options.paceMs, undefined, { signal })

  /** Replaces status.json in one step; then pauses, so that it can be seen. */
  async function report(
    status: Status,
    phase: number,
    progress: number,
    message: string,
    more: object = {},
  ): Promise<void> {
    signal.throwIfAborted()
    last = { phase, progress }
    const { build, attempt } = order
    const text = JSON.stringify({ status, ...last, message, ...more, build, attempt }, null, 2)
    // A folder that stands in the file's place cannot be replaced by a file.
    if (lstatSync(statusFile, { throwIfNoEntry: false })?.isDirectory()) {
      rmSync(statusFile, { recursive: true })
    }
    writeFileOnce(statusFile, `${text}\n`)
    if (options.scenario === 'spend' && options.usageFile !== undefined) {
      dollars += 1
      writeUsage(options.usageFile, dollars)
    }
    await pause()
    if (options.scenario !== 'garbage-status' || status === 'deployed') return
    // Two ways after each report, so that one build shows all of them.
    for (let turn = 0; turn < 2; turn += 1) {
      spoilStatus(statusFile, spoiled++)
      await pause()
    }
  }

  /** Does one step as a tool call: shown on the screen, reported to the hooks before and after. */
  async function useTool<T>(
    tool_name: 'Bash' | 'Write' | 'Read' | 'WebFetch',
    what: string,
    act: () => T | Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    say(`  ● ${tool_name}(${what})`)
    tell('PreToolUse', { tool_name })
    try {
      const result = await act()
      tell('PostToolUse', { tool_name })
      await pause()
      return result
    } catch (error) {
      signal.throwIfAborted()
      const message = error instanceof Error ? error.message : String(error)
      tell('PostToolUseFailure', { tool_name, error: message })
      throw error
    }
  }

  /** A failure of the work is reported at the place where the work was. */
  async function reportFailure(failure: WorkFailure): Promise<void> {
    const { message, reason, evidence } = failure
    say(`✘ ${message}${evidence ? `\n${evidence}` : ''}`)
    await report('error', last.phase, last.progress, message, {
      reason,
      error: evidence || message,
    })
  }

  const { scenario, stateFolder } = options
  const outside = { order, scenario, stateFolder, startedAt, isRepeated, signal }
  return { ...session, ...outside, report, reportFailure, useTool }
}

const tokensPerDollar = 100_000

/** The agent's accounting so far, in the form of Claude Code's status line. */
function writeUsage(file: string, dollars: number): void {
  const usage = {
    cost: { total_cost_usd: dollars },
    context_window: { total_input_tokens: dollars * tokensPerDollar, total_output_tokens: 0 },
  }
  writeFileOnce(file, `${JSON.stringify(usage)}\n`)
}
