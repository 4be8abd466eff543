import { readdirSync, readFileSync } from 'node:fs'
import { type ProcessStat, readProcessStat } from './liveness.ts'

/** The environment variables by which a session's processes are known wherever they went (a double fork leaves the tree). */
export const markerNames = {
  session: 'TMUX_BUILDER_SESSION',
  window: 'TMUX_BUILDER_WINDOW',
  home: 'TMUX_BUILDER_HOME',
} as const

export interface SessionMarker {
  readonly guid: string
  readonly home: string
  /** Only processes that came from this window of the session. */
  readonly window?: string
}

/** Deepest first: children before their parents. Zombies and this process with its ancestors are left out. */
export function findSessionProcesses(
  marker: SessionMarker,
  panePids: readonly number[],
): ProcessStat[] {
  const all = readAllProcesses()
  const depths = depthsBelow(all, panePids)
  const spared = ancestorsOf(all, process.pid)
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

function ancestorsOf(all: ReadonlyMap<number, ProcessStat>, pid: number): Set<number> {
  const found = new Set<number>()
  for (let at = pid; at > 1 && !found.has(at); at = all.get(at)?.parent ?? 0) found.add(at)
  return found
}

/** Its initial environment, which nothing that the process does later changes. */
function carriesMarker(pid: number, marker: SessionMarker): boolean {
  let environment: string
  try {
    environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return false
  }
  if (!environment.includes(marker.guid)) return false
  const variables = new Set(environment.split('\0'))
  return (
    variables.has(`${markerNames.session}=${marker.guid}`) &&
    variables.has(`${markerNames.home}=${marker.home}`) &&
    (marker.window === undefined || variables.has(`${markerNames.window}=${marker.window}`))
  )
}
