import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findSessionProcesses } from '../../src/session/processes.ts'
import { sessionName } from '../../src/tmux/windows.ts'
import { killNow, stateOf } from '../support/builds.ts'
import { guid } from '../support/cli-lab.ts'
import type { Random } from '../support/random.ts'
import {
  findAgentChildren,
  findAgents,
  findPreviews,
  findSupervisors,
  findTmuxServer,
  killEverything,
} from './processes.ts'
import type { Site } from './site.ts'
import { type Stage, stages } from './stages.ts'

export interface Fault {
  readonly name: string
  /** Where it can happen at all. */
  readonly stages: readonly Stage[]
  /** What follows goes on in the same attempt: nothing of the agent's was lost. */
  readonly keepsAttempt: boolean
  /** One supervisor takes the build to its end. */
  readonly keepsSupervisor?: boolean
  /** Somebody has to come back: nothing goes on by itself, or only after a long time. */
  readonly needsReturn: boolean
  /** `false`: there is nothing (yet) that it could hit. */
  act(site: Site): Promise<boolean> | boolean
}

const from = (first: Stage) => stages.slice(stages.indexOf(first))

const killAll = (pids: readonly number[]) => pids.map(killNow).includes(true)

export const faults: readonly Fault[] = [
  {
    name: 'kill -9 of the command',
    stages,
    keepsAttempt: true,
    keepsSupervisor: true,
    needsReturn: true,
    act: (site) => site.killCommands(),
  },
  {
    name: 'kill -9 of the supervisor',
    stages: from('launching'),
    keepsAttempt: true,
    needsReturn: false,
    act: ({ lab }) => killAll(findSupervisors(lab)),
  },
  {
    name: 'kill -9 of the agent',
    stages: from('delivering'),
    keepsAttempt: false,
    needsReturn: false,
    act: ({ lab }) => killAll(findAgents(lab)),
  },
  {
    name: 'kill -9 of a child of the agent',
    stages: ['planning', 'implementing', 'deploying'],
    keepsAttempt: false,
    needsReturn: false,
    act: ({ lab, random }) => {
      const children = findAgentChildren(lab)
      return children.length > 0 && killNow(random.pick(children))
    },
  },
  {
    name: 'kill -9 of the preview',
    stages,
    keepsAttempt: true,
    keepsSupervisor: true,
    needsReturn: false,
    act: ({ lab }) => killAll(findPreviews(lab)),
  },
  {
    name: 'kill -9 of the tmux server',
    stages: from('launching'),
    keepsAttempt: true,
    needsReturn: true,
    act: async ({ lab }) => {
      const pid = await findTmuxServer(lab)
      return pid !== undefined && killNow(pid)
    },
  },
  {
    name: 'kill -9 of everything, as a reboot',
    stages,
    keepsAttempt: true,
    needsReturn: true,
    act: (site) => {
      site.killCommands()
      killEverything(site.lab)
      // A reboot empties the folder of sockets, where that is a file system in memory.
      const sockets = join(site.lab.root, `tmux-${process.getuid?.()}`)
      if (site.random.pick([true, false])) rmSync(sockets, { recursive: true, force: true })
      return true
    },
  },
  {
    name: 'tmux kill-session',
    stages: from('launching'),
    keepsAttempt: true,
    needsReturn: true,
    act: ({ lab }) =>
      lab.tmux('kill-session', '-t', `=${sessionName(guid)}`).then(
        () => true,
        () => false,
      ),
  },
  {
    name: 'SIGSTOP and SIGCONT of the supervisor',
    stages: from('launching'),
    keepsAttempt: true,
    needsReturn: false,
    act: ({ lab, random }) => pause(findSupervisors(lab), random),
  },
  {
    name: 'status.json spoiled',
    stages: from('delivering'),
    keepsAttempt: true,
    keepsSupervisor: true,
    needsReturn: false,
    act: ({ lab, random }) => spoil(join(lab.folderOf(guid), 'workspace'), random),
  },
  {
    name: 'the same command a second time',
    stages,
    keepsAttempt: true,
    keepsSupervisor: true,
    needsReturn: false,
    act: (site) => {
      site.startAgain()
      return true
    },
  },
  {
    name: 'a second supervisor',
    stages: from('launching'),
    keepsAttempt: true,
    keepsSupervisor: true,
    needsReturn: false,
    act: (site) => {
      site.start(['supervise', guid])
      return true
    },
  },
  {
    name: 'stop, then resume',
    stages,
    keepsAttempt: false,
    needsReturn: true,
    act: async (site) => {
      const done = await site.run(['stop', guid])
      // Nobody is in the records yet: what was starting starts.
      if (done.code === 4 && site.stage === 'starting') return true
      site.require(done.code === 0, `stop exited with ${done.code}: ${done.stderr}`)
      if (site.stage === 'starting') return true
      const left = findSessionProcesses({ guid, home: site.lab.home }, [])
      site.require(left.length === 0, `stop left processes: ${JSON.stringify(left)}`)
      const state = stateOf(site.lab)
      site.require(/^(stopped|deployed)$/.test(state ?? ''), `after stop the state is ${state}`)
      return true
    },
  },
]

async function pause(pids: readonly number[], random: Random): Promise<boolean> {
  const signal = (name: NodeJS.Signals) =>
    pids.map((pid) => {
      try {
        return process.kill(pid, name)
      } catch {
        return false
      }
    })
  const isStopped = signal('SIGSTOP').includes(true)
  await delay(random.between(20, 1_500))
  signal('SIGCONT')
  return isStopped
}

/** Everything but a folder: an agent could not replace that any more. */
function spoil(workspace: string, random: Random): boolean {
  const file = join(workspace, 'status.json')
  const how = random.pick(['half', 'empty', 'binary', 'huge', 'link', 'gone'])
  rmSync(file, { force: true })
  const contents: Partial<Record<typeof how, string | Buffer>> = {
    half: '{"status": "implementing", "phase": 2, "pro',
    empty: '',
    binary: Buffer.from([0, 255, 254, 123, 10, 0]),
    huge: `{"status":"deployed","message":"${'x'.repeat(2 * 1024 * 1024)}"}`,
  }
  if (how === 'link') symlinkSync('/etc/hostname', file)
  const content = contents[how]
  if (content === undefined) return true
  writeFileSync(`${file}.spoiled`, content)
  renameSync(`${file}.spoiled`, file)
  return true
}
