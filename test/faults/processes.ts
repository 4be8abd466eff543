/** The processes of a lab, as `/proc` shows them. */
import { findWindowProcesses, killNow } from '../support/builds.ts'
import type { CliLab } from '../support/cli-lab.ts'
import { findProcesses } from '../support/find-processes.ts'
import { findLeftovers } from '../support/leftovers.ts'

/** Only the agent's program itself is started with one of these: a conversation begun or resumed. */
const agentWords = ['--conversation', '--session-id', '--resume']

const unique = (pids: readonly number[]) => [...new Set(pids)]

export const findAgents = (lab: CliLab): number[] =>
  unique(agentWords.flatMap((word) => findWindowProcesses(lab, 'agent', word)))

export function findAgentChildren(lab: CliLab): number[] {
  const agents = findAgents(lab)
  return findWindowProcesses(lab, 'agent', '').filter((pid) => !agents.includes(pid))
}

/** Not the shell loop that starts it again. */
export const findSupervisors = (lab: CliLab): number[] =>
  findWindowProcesses(lab, 'supervisor', 'tmux-builder.js')

export const findPreviews = (lab: CliLab): number[] =>
  findWindowProcesses(lab, 'preview', 'tmux-builder.js')

export async function findTmuxServer(lab: CliLab): Promise<number | undefined> {
  const answer = await lab.tmux('display-message', '-p', '#{pid}').catch(() => '')
  return Number(answer) || undefined
}

/** As a power cut does; what is born meanwhile goes too. */
export function killEverything(lab: CliLab): void {
  for (let found = findLeftovers(lab.root); found.length > 0; found = findLeftovers(lab.root))
    for (const { pid } of found) killNow(pid)
}

export interface AgentWatch {
  /** What was seen of a lab: empty, unless two agents ran in it at once. */
  problemsOf(lab: CliLab): string[]
  close(): void
}

const sampleEveryMs = 25

/** Looks at the process table all the time: a session never has two agents. What is gone at the next look is none. */
export function watchAgents(): AgentWatch {
  const seen = new Map<string, string>()
  let before = new Map<number, string>()
  const timer = setInterval(() => {
    const now = readAgents()
    const stayed = [...now].filter(([pid]) => before.has(pid))
    for (const [root, own] of Map.groupBy(stayed, ([, itsRoot]) => itsRoot))
      if (own.length > 1) seen.set(root, `two agents at once: ${own.map(([pid]) => pid)}`)
    before = now
  }, sampleEveryMs)
  return {
    problemsOf: (lab) =>
      [...seen].filter(([root]) => lab.root.endsWith(root)).map(([, what]) => what),
    close: () => clearInterval(timer),
  }
}

/** Every lab's agents, with the name of its folder. */
function readAgents(): Map<number, string> {
  const rootOf = (argv: readonly string[]) =>
    /\/cli-[A-Za-z0-9]{6}(?=\/)/.exec(argv.join('\0'))?.[0]
  const agents = findProcesses(
    ({ argv }) => rootOf(argv) !== undefined && agentWords.some((word) => argv.includes(word)),
  )
  return new Map(agents.map(({ pid, argv }) => [pid, rootOf(argv) ?? '']))
}
