import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, WorkFailure } from './bench.ts'

/** Writes nothing more and waits; only an abort ends it, with its error. */
async function standStill({ fallSilent, signal }: Bench): Promise<void> {
  fallSilent()
  for (;;) await delay(60_000, undefined, { signal })
}

/** What a scenario does in the middle of implementing. */
export async function rehearseImplementing(bench: Bench): Promise<void> {
  const { scenario, order } = bench
  const isFirst = order.attempt === 1
  if (scenario === 'die' || (scenario === 'die-once' && isFirst)) {
    process.kill(process.pid, 'SIGKILL')
  }
  if (scenario === 'hang' || (scenario === 'hang-once' && isFirst)) await standStill(bench)
  if (scenario === 'freeze') {
    // Blocks the event loop itself: no redraw, no signal handler, nothing.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (scenario === 'permission') {
    bench.say('  Bash(node --test) needs your permission\n  ❯ 1. No\n    2. Yes')
    bench.tell('PermissionRequest', { tool_name: 'Bash' })
    await standStill(bench)
  }
  if (scenario === 'leave-children') leaveChildren(bench)
  if (scenario === 'api-retries') await countDown(bench)
}

/** As Claude Code does while its API refuses it: only the screen shows that it lives. */
async function countDown({ doing, signal }: Bench): Promise<void> {
  for (let left = 4; left > 0; left--) {
    doing(`Retrying in ${left} s`)
    await delay(1000, undefined, { signal })
  }
}

/** Two processes that outlive their parent; their ids go to `children.txt` in the state folder. */
function leaveChildren(bench: Bench): void {
  const file = join(bench.stateFolder, 'children.txt')
  writeFileSync(file, '', { mode: 0o600 })
  const start = (script: string, detached: boolean) =>
    spawn('/bin/sh', ['-c', script], {
      stdio: 'ignore',
      detached,
      env: { ...process.env, CHILDREN: file },
    }).unref()
  // It is forked twice: its parent is gone, so that it is in no process tree.
  start(
    'trap "" HUP; (echo $$ >/dev/null; exec sleep 3600) & echo "outside $!" >>"$CHILDREN"',
    true,
  )
  start('trap "" TERM HUP; echo "stubborn $$" >>"$CHILDREN"; exec sleep 3600', false)
  bench.say('  left two processes behind')
}

/** What a scenario does when the app is tested; returns whether the turn ends here, with nothing claimed. */
export function rehearseImplemented({ scenario, order, isRepeated }: Bench): boolean {
  if (scenario === 'error-once' && order.attempt === 1) {
    throw new WorkFailure(
      'rehearsed_failure',
      'The first attempt fails on purpose (scenario error-once)',
      'AssertionError: this attempt was meant to fail\n    at rehearsal (error-once)',
    )
  }
  return scenario === 'idle' || (scenario === 'idle-once' && !isRepeated)
}
