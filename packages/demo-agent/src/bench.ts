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

export interface Job {
  readonly order: Order
  readonly startedAt: string
  /** The same order came before. */
  readonly isRepeated: boolean
  /** Ends the work. */
  readonly signal: AbortSignal
}

export type Bench = ReturnType<typeof openBench>

const tokensPerDollar = 100_000

/** Everything that the work on an order uses from the outside. */
export function openBench(session: SessionSide, job: Job) {
  const { options, tell, say } = session
  const { order, signal } = job
  const { scenario, stateFolder, usageFile } = options
  const statusFile = join(order.workspace, 'status.json')
  const position = { phase: 0, progress: 0 }
  let spoiled = 0
  let dollars = 0
  const pause = () => delay(options.paceMs, undefined, { signal })

  /** Replaces status.json in one step; then pauses, so that it can be seen. */
  async function report(status: string, progress: number, message: string, more: object = {}) {
    signal.throwIfAborted()
    say(`  ${message}`)
    position.progress = progress
    const { build, attempt } = order
    // A folder that stands in the file's place cannot be replaced by a file.
    if (lstatSync(statusFile, { throwIfNoEntry: false })?.isDirectory()) {
      rmSync(statusFile, { recursive: true })
    }
    writeJson(statusFile, { status, ...position, message, ...more, build, attempt })
    if (scenario === 'spend' && usageFile !== undefined) {
      dollars += 1
      const tokens = { total_input_tokens: dollars * tokensPerDollar, total_output_tokens: 0 }
      // The form of Claude Code's status line.
      writeJson(usageFile, { cost: { total_cost_usd: dollars }, context_window: tokens })
    }
    await pause()
    if (scenario !== 'garbage-status' || status === 'deployed') return
    // Two ways after each report, so that one build shows all of them.
    for (let turn = 0; turn < 2; turn += 1) {
      spoilStatus(statusFile, spoiled++)
      await pause()
    }
  }

  /** Does one step as a tool call: shown on the screen, reported to the hooks before and after. */
  async function useTool<T>(tool_name: string, what: string, act: () => T | Promise<T>) {
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
      tell('PostToolUseFailure', { tool_name, error: messageOf(error) })
      throw error
    }
  }

  function beginPhase(phase: number, doing: string, title: string): void {
    position.phase = phase
    session.doing(doing)
    say(`● ${title}`)
  }

  /** A failure of the work is reported at the place where the work was. */
  async function reportFailure(failure: unknown): Promise<string> {
    const message = messageOf(failure)
    const { reason, evidence } =
      failure instanceof WorkFailure ? failure : { reason: 'internal', evidence: '' }
    say(`✘ ${reason}${evidence && `\n${evidence}`}`)
    await report('error', position.progress, message, { reason, error: evidence || message })
    return message
  }

  return { ...session, ...job, scenario, stateFolder, report, reportFailure, useTool, beginPhase }
}

/** The work cannot go on; the evidence helps to find the cause. */
export class WorkFailure extends Error {
  readonly reason: string
  readonly evidence: string

  constructor(reason: string, message: string, evidence = '') {
    super(message)
    this.reason = reason
    this.evidence = evidence
  }
}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const writeJson = (file: string, value: object): void =>
  writeFileOnce(file, `${JSON.stringify(value, null, 2)}\n`)
