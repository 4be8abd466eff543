import { writeFileOnce } from './write.ts'

const tokensPerDollar = 100_000

/** The agent's accounting so far, in the form of Claude Code's status line. */
export function writeUsage(file: string, dollars: number): void {
  const usage = {
    cost: { total_cost_usd: dollars },
    context_window: { total_input_tokens: dollars * tokensPerDollar, total_output_tokens: 0 },
  }
  writeFileOnce(file, `${JSON.stringify(usage)}\n`)
}
