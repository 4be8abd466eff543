import * as v from 'valibot'
import { parseJson } from '../../domain/parse-json.ts'
import { readAgentFile, readAgentFileTail } from '../../session/agent-files.ts'
import { type ActivityPlace, type ActivityWatch, hasAccepted, type Usage } from '../activity.ts'
import { followLines } from '../follow-lines.ts'
import { applyHook, noHooks, parseHook } from './hook-log.ts'

/** A line that was just queued is near the end of the transcript, so only the tail is read. */
const transcriptTailBytes = 4 * 1024 * 1024
const maxUsageBytes = 256 * 1024

/**
 * Follows a program that reports as Claude Code does: by its hook log, its transcript and its status line. Each
 * launch moves the old hook log away, so a missing or different file means that a new activity begins.
 */
export function watchActivity(place: ActivityPlace): ActivityWatch {
  let seen = noHooks
  const readOn = followLines(place.hookLog, {
    restart() {
      seen = noHooks
    },
    take(line) {
      const hook = parseHook(line)
      if (hook) seen = applyHook(seen, hook, place.now())
    },
  })
  const look = async () => {
    await readOn()
    return seen.activity
  }
  return {
    look,
    async findAcceptance({ id, line }) {
      if (hasAccepted(await look(), line)) return 'UserPromptSubmit'
      // Some versions mention a queued message only in the transcript.
      const { transcript } = seen
      const text =
        transcript === undefined ? '' : await readAgentFileTail(transcript, transcriptTailBytes)
      return text.includes(`[${id}]`) ? 'transcript' : undefined
    },
    async readUsage() {
      const read = await readAgentFile(place.usageFile, maxUsageBytes)
      return read.kind === 'text' ? parseUsage(read.text) : undefined
    },
  }
}

const amount = v.pipe(v.number(), v.minValue(0), v.maxValue(1e12))

/**
 * What Claude Code passes to a `statusLine` command after each turn (2.1.330). The costs are those of its
 * process, or those of the whole conversation if it was resumed after a clean end.
 */
const statusLineSchema = v.looseObject({
  cost: v.looseObject({ total_cost_usd: amount }),
  context_window: v.optional(
    v.looseObject({
      total_input_tokens: v.optional(amount),
      total_output_tokens: v.optional(amount),
    }),
  ),
})

/** Returns `undefined` if the text is incomplete or has another format. */
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
