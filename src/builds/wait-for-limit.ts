import { type Build, updateBuild, whileRunning } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { endAgent } from './agent-window.ts'
import { sentence } from './describe-failure.ts'
import type { Run } from './run.ts'

/**
 * Holds the attempt until a usage limit is lifted. The agent's program ends for that time and its conversation is resumed
 * then: Claude Code may stand at a dialog of what to buy meanwhile, or continue by itself at the same moment (2.1.330).
 */
export async function waitForLimit(
  run: Run,
  build: Build,
  limit: { readonly until: string; readonly message: string },
): Promise<void> {
  const { store } = run.scope
  await endAgent(run)
  await whileRunning(store, build, (tx) => {
    updateBuild(tx, build, {
      waitUntil: limit.until,
      message: `Waiting until ${limit.until}: the agent’s usage limit is reached`,
    })
    appendEvent(tx, build, 'limit_reached', {
      until: limit.until,
      message: sentence(limit.message),
    })
  })
}
