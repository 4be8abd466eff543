import { readAgentFile, readAgentFileTail } from '../../session/files.ts'
import { type ActivityPlace, type ActivityWatch, hasAccepted } from '../activity.ts'
import { followLines } from '../follow-lines.ts'
import { applyHook, noHooks, parseHook } from './hook-log.ts'
import { parseUsage } from './status-line.ts'

/** A line that was just queued stands near the end of the transcript. */
const transcriptTailBytes = 4 * 1024 * 1024
const maxUsageBytes = 256 * 1024

/**
 * Follows a program that speaks as Claude Code does: by its hook log, its transcript and its status line. A launch
 * moves the old hook log away: a file that is absent, or another one, starts the activity anew.
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
      // Some versions tell of a queued message in the transcript alone.
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
