/** What takes a session's processes: a lost tmux server, a power cut. */
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { readProcessStat } from '../../src/session/processes.ts'
import { killNow } from './builds.ts'
import { type CliLab, guid, waitFor } from './cli-lab.ts'
import { findLeftovers } from './leftovers.ts'
import { changeRecords, hasEnded, pidOf } from './sessions.ts'

const processes = ['agent_process', 'supervisor_process', 'preview_process'] as const

/**
 * As after a power cut and a boot: every process of the lab is gone without a chance, and what the records name ran
 * under another boot. The sockets' folder is emptied where it is in memory.
 */
export function reboot(lab: CliLab, sockets: 'left' | 'gone'): void {
  for (let found = findLeftovers(lab.root); found.length > 0; found = findLeftovers(lab.root))
    for (const { pid } of found) killNow(pid)
  const bootId = randomUUID()
  for (const column of processes)
    changeRecords(lab, `UPDATE sessions SET ${column} = json_set(${column}, '$.bootId', ?)`, bootId)
  if (sockets === 'gone')
    rmSync(join(lab.root, `tmux-${process.getuid?.()}`), { recursive: true, force: true })
}

/** `kill -9` of the tmux server; returns when what ran in the session is gone too. */
export async function killServer(lab: CliLab, of = guid): Promise<void> {
  const ran = (['agent', 'supervisor', 'preview'] as const).map((window) => pidOf(lab, window, of))
  killNow(Number(await lab.tmux('display-message', '-p', '#{pid}')))
  for (const pid of ran) if (pid > 0) await waitFor(`the end of ${pid}`, () => hasEnded(pid))
}

/** Its shell first, which would start it again. */
export async function killForGood(lab: CliLab, window: 'supervisor' | 'preview'): Promise<void> {
  const pid = pidOf(lab, window)
  killNow(readProcessStat(pid)?.parent ?? 0)
  killNow(pid)
  await waitFor(`the ${window}’s end`, () => hasEnded(pid))
}
