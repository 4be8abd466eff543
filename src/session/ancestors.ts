import { readFileSync } from 'node:fs'
import { readProcessStat } from './liveness.ts'
import { markerNames } from './session-processes.ts'

/** This process and those it came from, the nearest first. */
export function readAncestors(): readonly number[] {
  const found = new Set<number>()
  for (let pid = process.pid; pid > 1 && !found.has(pid); pid = readProcessStat(pid)?.parent ?? 0)
    found.add(pid)
  return [...found]
}

/** Whether a process began in that session, by its initial environment, which nothing that it does later changes. */
export function beganInSession(pid: number, guid: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    return environment.split('\0').includes(`${markerNames.session}=${guid}`)
  } catch {
    return false // gone, or another user's
  }
}
