import { readdirSync, readFileSync } from 'node:fs'
import type { ProcessId } from '../domain/process-id.ts'

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  readonly startTime: number
  /** One letter: Z means a zombie, X means dead. */
  readonly state: string
}

/**
 * Reads the state of a process; `undefined` when it does not exist. The command name may hold spaces and
 * parentheses, so the fields are counted from the last parenthesis.
 */
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

/** Reads the identity of a living process; `undefined` when it has ended. */
export function readProcessId(pid: number): ProcessId | undefined {
  const stat = readProcessStat(pid)
  if (!stat || hasEnded(stat)) return undefined
  return { pid, startTime: stat.startTime, bootId: readBootId() }
}

/** Whether that very process still runs, and not another one with its pid. */
export function isAlive(id: ProcessId | undefined): boolean {
  if (!id || id.bootId !== readBootId()) return false
  const stat = readProcessStat(id.pid)
  return stat !== undefined && stat.startTime === id.startTime && !hasEnded(stat)
}

const hasEnded = (stat: ProcessStat) => stat.state === 'Z' || stat.state === 'X'

/**
 * The environment variables by which a session's processes are recognised wherever they went: a double fork leaves
 * the process tree.
 */
export const markerNames = {
  session: 'TMUX_BUILDER_SESSION',
  window: 'TMUX_BUILDER_WINDOW',
  home: 'TMUX_BUILDER_HOME',
} as const

export interface SessionMarker {
  readonly guid: string
  readonly home: string
  /** It narrows the marker to processes that came from this window of the session. */
  readonly window?: string
}

/**
 * Finds the processes of a session, the deepest first, so that children come before their parents. Zombies, this
 * process and its ancestors are left out.
 */
export function findSessionProcesses(
  marker: SessionMarker,
  panePids: readonly number[],
): ProcessStat[] {
  const all = readAllProcesses()
  const depths = depthsBelow(all, panePids)
  const spared = new Set(readAncestors())
  return [...all.values()]
    .filter((stat) => stat.state !== 'Z' && stat.state !== 'X' && !spared.has(stat.pid))
    .filter((stat) => depths.has(stat.pid) || carriesMarker(stat.pid, marker))
    .sort((a, b) => (depths.get(b.pid) ?? 0) - (depths.get(a.pid) ?? 0))
}

function readAllProcesses(): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readProcessStat(pid) : undefined
    if (stat) all.set(pid, stat)
  }
  return all
}

function depthsBelow(
  all: ReadonlyMap<number, ProcessStat>,
  roots: readonly number[],
): Map<number, number> {
  const children = Map.groupBy(all.values(), (stat) => stat.parent)
  const depths = new Map<number, number>()
  const visit = (pid: number, depth: number) => {
    if (depths.has(pid) || !all.has(pid)) return
    depths.set(pid, depth)
    for (const child of children.get(pid) ?? []) visit(child.pid, depth + 1)
  }
  for (const root of roots) visit(root, 1)
  return depths
}

function carriesMarker(pid: number, marker: SessionMarker): boolean {
  const variables = readInitialEnvironment(pid, marker.guid)
  return (
    variables.has(`${markerNames.session}=${marker.guid}`) &&
    variables.has(`${markerNames.home}=${marker.home}`) &&
    (marker.window === undefined || variables.has(`${markerNames.window}=${marker.window}`))
  )
}

/** This process and its ancestors, the nearest first. */
export function readAncestors(): readonly number[] {
  const found = new Set<number>()
  for (let pid = process.pid; pid > 1 && !found.has(pid); pid = readProcessStat(pid)?.parent ?? 0)
    found.add(pid)
  return [...found]
}

/** Whether a process began in that session, as its initial environment says. */
export const beganInSession = (pid: number, guid: string): boolean =>
  readInitialEnvironment(pid, guid).has(`${markerNames.session}=${guid}`)

/**
 * The environment that a process was started with, which nothing that it does later changes. It is empty when the
 * process is gone or belongs to another user, or when the environment does not mention that session.
 */
function readInitialEnvironment(pid: number, guid: string): ReadonlySet<string> {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
    return new Set(environment.includes(guid) ? environment.split('\0') : [])
  } catch {
    return new Set()
  }
}
