import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface Leftover {
  readonly pid: number
  readonly commandLine: string
}

const read = (readIt: () => string) => {
  try {
    return readIt()
  } catch {
    return '' // gone meanwhile, or another user's
  }
}

const parentOf = (pid: number) =>
  Number(/^PPid:\s*(\d+)/m.exec(read(() => readFileSync(`/proc/${pid}/status`, 'utf8')))?.[1] ?? 0)

function ownLine(): Set<number> {
  const line = new Set<number>()
  for (let pid = process.pid; pid > 0; pid = parentOf(pid)) line.add(pid)
  return line
}

/** Living processes whose first environment, arguments or working folder name `root`; not this one, its parents or its
 * own children (Vitest's). */
export function findLeftovers(root: string): Leftover[] {
  const spared = ownLine()
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger)
  return pids
    .filter((pid) => !spared.has(pid) && parentOf(pid) !== process.pid)
    .map((pid) => ({ pid, commandLine: read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) }))
    .filter(({ pid, commandLine }) =>
      [
        commandLine, // empty for a zombie
        commandLine && read(() => readFileSync(`/proc/${pid}/environ`, 'utf8')),
        read(() => readlinkSync(`/proc/${pid}/cwd`)),
      ].some((text) => text.includes(root)),
    )
    .map(({ pid, commandLine }) => ({ pid, commandLine: commandLine.replaceAll('\0', ' ').trim() }))
}

/** Ends what is still there after `graceMs`, and returns it. */
export async function endLeftovers(root: string, graceMs: number): Promise<Leftover[]> {
  const signalAll = (signal: NodeJS.Signals) => {
    for (const { pid } of findLeftovers(root)) read(() => String(process.kill(pid, signal)))
  }
  const waitUntilGone = async (limitMs: number) => {
    for (const start = Date.now(); Date.now() - start < limitMs; await delay(50))
      if (findLeftovers(root).length === 0) return
  }
  await waitUntilGone(graceMs)
  const found = findLeftovers(root)
  if (found.length > 0) {
    signalAll('SIGTERM')
    await waitUntilGone(2_000)
    signalAll('SIGKILL')
  }
  return found
}

/** Ends what still runs in a folder after `graceMs`, and removes the folder with the disks that tests mounted in it. */
export async function clearPlace(root: string, graceMs: number): Promise<Leftover[]> {
  const found = await endLeftovers(root, graceMs)
  for (const line of readFileSync('/proc/mounts', 'utf8').split('\n')) {
    const path = line.split(' ')[1] ?? ''
    if (path.startsWith(`${root}/`)) execFileSync('umount', ['--lazy', path])
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 3 })
  return found
}

// As a program: ends what names the given folder, says so, and exits with 1 if there was any.
if (import.meta.main && process.argv[2]) {
  const found = await endLeftovers(process.argv[2], 5_000)
  for (const { pid, commandLine } of found) console.log(`left behind: ${pid} ${commandLine}`)
  process.exitCode = found.length > 0 ? 1 : 0
}
