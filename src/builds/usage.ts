import { parseUsage, usageBetween } from '../agents/claude/status-line.ts'
import { readAgentFile } from '../session/agent-files.ts'
import { requireSession } from '../session/scope.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import { updateSession } from '../store/sessions.ts'
import type { Run } from './run.ts'

const maxUsageBytes = 256 * 1024

/** Adds to the build what the agent's own accounting has grown by since the last look. */
export async function recordUsage(run: Run, build: Build): Promise<void> {
  const { store, guid, paths } = run.scope
  const read = await readAgentFile(paths.usage, maxUsageBytes)
  const now = read.kind === 'text' ? parseUsage(read.text) : undefined
  if (!now) return
  const before = requireSession(run.scope).usageSeen ?? { dollars: 0, tokens: 0 }
  if (now.dollars === before.dollars && now.tokens === before.tokens) return
  const used = usageBetween(before, now)
  await store.transact((tx) => {
    updateSession(tx, guid, { usageSeen: now })
    updateBuild(tx, build, {
      dollars: build.dollars + used.dollars,
      tokens: build.tokens + Math.round(used.tokens),
    })
  })
}
