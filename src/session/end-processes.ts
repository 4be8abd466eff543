import { sleep } from '../world/world.ts'
import { type ProcessStat, readProcessStat } from './liveness.ts'

const graceMs = 2_000
const pollMs = 20
const maxRounds = 5
/** After so many rounds what is found again is what starts itself anew each time it is ended. */
const gentleRounds = 2
const maxFreezingLooks = 20

/**
 * Ends what `find` finds, TERM first and KILL after 2 s, and looks again until nothing is found (children may be
 * born meanwhile). Returns how many processes were ended, with those `seen` before. Processes are told apart by pid and start
 * time.
 */
export async function endProcesses(
  find: () => readonly ProcessStat[],
  seen: readonly ProcessStat[] = [],
): Promise<number> {
  const ended = new Set(seen.map(identify))
  for (let round = 0; round < maxRounds; round++) {
    const found = find()
    if (found.length === 0) break
    for (const stat of found) ended.add(identify(stat))
    if (round < gentleRounds) {
      signalAll(found, 'SIGTERM')
      if (!(await areGone(found, graceMs))) await kill(found)
    } else {
      freezeAll(find)
      await kill(find())
    }
  }
  return ended.size
}

async function kill(stats: readonly ProcessStat[]): Promise<void> {
  signalAll(stats, 'SIGKILL')
  await areGone(stats, graceMs)
}

/** Until nothing runs any more that could start another. */
function freezeAll(find: () => readonly ProcessStat[]): void {
  for (let look = 0; look < maxFreezingLooks; look++) {
    const running = find().filter((stat) => stat.state !== 'T')
    if (running.length === 0) return
    signalAll(running, 'SIGSTOP')
  }
}

const identify = (stat: ProcessStat) => `${stat.pid}@${stat.startTime}`

const isSame = (stat: ProcessStat) => {
  const now = readProcessStat(stat.pid)
  return now?.startTime === stat.startTime && now.state !== 'Z' && now.state !== 'X'
}

function signalAll(stats: readonly ProcessStat[], signal: NodeJS.Signals): void {
  for (const stat of stats) {
    if (!isSame(stat)) continue
    try {
      process.kill(stat.pid, signal)
      // A stopped process takes no TERM until it goes on.
      if (signal === 'SIGTERM' && stat.state === 'T') process.kill(stat.pid, 'SIGCONT')
    } catch {
      // Gone between the look and the signal, or not ours to end.
    }
  }
}

async function areGone(stats: readonly ProcessStat[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (stats.some(isSame)) {
    if (performance.now() >= deadline) return false
    await sleep(pollMs)
  }
  return true
}
