import { readFileSync } from 'node:fs'
import type { ProcessId } from '../domain/process-id.ts'

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly startTime: number
  /** One letter; Z: a zombie, X: dead. */
  readonly state: string
}

/** `undefined`: no such process. The command name may hold spaces and parentheses: count from the last one. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    pid,
    state: fields[0] ?? 'X',
    parent: Number(fields[1]),
    startTime: Number(fields[19]),
  }
}

let bootId: string | undefined

function readBootId(): string {
  bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  return bootId
}

/** `undefined`: it has ended. */
export function readProcessId(pid: number): ProcessId | undefined {
  const stat = readProcessStat(pid)
  if (!stat || hasEnded(stat)) return undefined
  return { pid, startTime: stat.startTime, bootId: readBootId() }
}

export function isAlive(id: ProcessId | undefined): boolean {
  if (!id || id.bootId !== readBootId()) return false
  const stat = readProcessStat(id.pid)
  return stat !== undefined && stat.startTime === id.startTime && !hasEnded(stat)
}

const hasEnded = (stat: ProcessStat) => stat.state === 'Z' || stat.state === 'X'
