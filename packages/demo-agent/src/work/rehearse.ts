import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, WorkFailure } from './bench.ts'

/** Resolves never; ends with the error of an abort. */
const forever = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** What a scenario does in the middle of implementing. */
export async function rehearseImplementing(bench: Bench): Promise<void> {
  const { scenario, order, signal } = bench
  if (scenario === 'die' || (scenario === 'die-once' && order.attempt === 1)) {
    process.kill(process.pid, 'SIGKILL')
  }
  if (scenario === 'hang' || (scenario === 'hang-once' && order.attempt === 1)) {
    bench.fallSilent()
    await forever(signal)
  }
  if (scenario === 'freeze') {
    // Blocks the event loop itself: no redraw, no signal handler, nothing.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  }
  if (scenario === 'permission') {
    bench.say('  Bash(node --test) needs your permission\n  ❯ 1. No\n    2. Yes')
    bench.tell({ name: 'PermissionRequest', tool_name: 'Bash' })
    bench.fallSilent()
    await forever(signal)
  }
  if (scenario === 'leave-children') leaveChildren(bench)
  if (scenario === 'api-retries') await countDown(bench)
}

const countDownSeconds = 4

/** As Claude Code does while its API refuses it: nothing but the screen tells that it lives. */
async function countDown(bench: Bench): Promise<void> {
  for (let left = countDownSeconds; left > 0; left--) {
    bench.doing(`Retrying in ${left} s`)
    await delay(1000, undefined, { signal: bench.signal })
  }
}

/** Whether a scenario ends its turn here, with nothing claimed. */
export const endsItsTurn = ({ scenario, isRepeated }: Bench): boolean =>
  scenario === 'idle' || (scenario === 'idle-once' && !isRepeated)

/** What a scenario does when the app is made and tested. */
export function rehearseImplemented({ scenario, order }: Bench): void {
  if (scenario === 'error-once' && order.attempt === 1) {
    throw new WorkFailure(
      'rehearsed_failure',
      'The first attempt fails on purpose (scenario error-once)',
      'AssertionError: this attempt was told to fail\n    at rehearsal (error-once)',
    )
  }
}

/** The address that a scenario reports instead of the deployed one. */
export const reportedUrl = ({ scenario }: Bench, url: string): string =>
  scenario === 'lie-about-url' ? 'http://127.0.0.1:9/' : url

/** Two processes that are not ended by ending their parent; their ids go to `children.txt` in the state folder. */
function leaveChildren(bench: Bench): void {
  const file = join(bench.stateFolder, 'children.txt')
  writeFileSync(file, '', { mode: 0o600 })
  const start = (script: string, detached: boolean) =>
    spawn('/bin/sh', ['-c', script], {
      stdio: 'ignore',
      detached,
      env: { ...process.env, CHILDREN: file },
    }).unref()
  // Forked twice: its parent is gone, so it is in nobody's process tree.
  start(
    'trap "" HUP; (echo $$ >/dev/null; exec sleep 3600) & echo "outside $!" >>"$CHILDREN"',
    true,
  )
  start('trap "" TERM HUP; echo "stubborn $$" >>"$CHILDREN"; exec sleep 3600', false)
  bench.say('  left two processes behind')
}
