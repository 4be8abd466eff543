import * as v from 'valibot'
import { parseJson } from '../../domain/parse-json.ts'
import type { Usage } from '../activity.ts'

const amount = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12))

/** What Claude Code gives to a `statusLine` command after each turn (2.1.330). */
const statusLineSchema = v.looseObject({
  cost: v.looseObject({ total_cost_usd: amount }),
  context_window: v.optional(
    v.looseObject({
      total_input_tokens: v.optional(amount),
      total_output_tokens: v.optional(amount),
    }),
  ),
})

/** `undefined`: not the format, or only a part of it. */
export function parseUsage(text: string): Usage | undefined {
  const json = parseJson(text)
  const parsed = json.ok ? v.safeParse(statusLineSchema, json.value) : undefined
  if (!parsed?.success) return undefined
  const window = parsed.output.context_window
  return {
    dollars: parsed.output.cost.total_cost_usd,
    tokens: (window?.total_input_tokens ?? 0) + (window?.total_output_tokens ?? 0),
  }
}
