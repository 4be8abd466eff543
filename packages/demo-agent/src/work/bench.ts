import type { Scenario } from '../scenarios.ts'
import type { TellHook } from '../session/hooks.ts'
import type { WorkOrder } from './order.ts'
import type { Report } from './report.ts'

/** Everything the work on an order uses from the outside. */
export interface Bench {
  readonly order: WorkOrder
  /** It was told to carry this order out before. */
  readonly isRepeated: boolean
  readonly scenario: Scenario
  readonly stateFolder: string
  readonly startedAt: string
  /** Aborted when the user interrupts, or the agent ends. */
  readonly signal: AbortSignal
  readonly tell: TellHook
  say(text: string): void
  /** Shows what is being done now. */
  doing(what: string): void
  fallSilent(): void
  /** Writes status.json; then a pause, so that whoever looks can see it. */
  report(report: Report): Promise<void>
  /** Where the last report said the work is. */
  progress(): Pick<Report, 'phase' | 'progress'>
  pause(): Promise<void>
}

/** The work cannot go on: becomes an `error` report. */
export class WorkFailure extends Error {
  readonly reason: string
  /** What a debugger would want to read: the end of an output. */
  readonly evidence: string

  constructor(reason: string, message: string, evidence = '') {
    super(message)
    this.reason = reason
    this.evidence = evidence
  }
}

/** Does one step as a tool call: shown on the screen, told to the hooks before and after. */
export async function useTool<T>(
  bench: Bench,
  tool: 'Bash' | 'Write' | 'Read' | 'WebFetch',
  what: string,
  act: () => Promise<T>,
): Promise<T> {
  bench.signal.throwIfAborted()
  bench.say(`  ● ${tool}(${what})`)
  bench.tell({ name: 'PreToolUse', tool_name: tool })
  try {
    const result = await act()
    bench.tell({ name: 'PostToolUse', tool_name: tool })
    await bench.pause()
    return result
  } catch (error) {
    bench.signal.throwIfAborted()
    const message = error instanceof Error ? error.message : String(error)
    bench.tell({ name: 'PostToolUseFailure', tool_name: tool, error: message })
    throw error
  }
}
