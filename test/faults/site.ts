/** One build under test, and the commands that its user has running. */
import { setTimeout as delay } from 'node:timers/promises'
import type { CliLab, Finished, Running } from '../support/cli-lab.ts'
import type { Random } from '../support/random.ts'
import type { Stage } from './stages.ts'

/** What must hold did not. */
export class Violation extends Error {}

export interface Site {
  readonly lab: CliLab
  readonly random: Random
  readonly stage: Stage
  /** `register` or `refine` with its options. */
  readonly args: readonly string[]
  /** Starts the build's command, as a second user would; whoever looks later finds how it ended. */
  startAgain(): Running
  start(args: readonly string[]): Running
  /** Runs a command to its end; one that does not end is a violation. */
  run(args: readonly string[]): Promise<Finished>
  /** Waits for the end of a command that was started. */
  finish(running: Running): Promise<Finished>
  /** Waits for all that is still running; how those ended that ended as they must not, ever. */
  finishAll(): Promise<string[]>
  /** `false`: none is running. */
  killCommands(): boolean
  require(condition: boolean, otherwise: string): void
  /** What was done, for whoever has to find out what went wrong. */
  readonly diary: readonly string[]
  note(line: string): void
}

const commandLimitMs = 150_000
const bugOfOurs = 70

export function openSite(lab: CliLab, random: Random, stage: Stage, args: readonly string[]): Site {
  const running = new Set<Running>()
  const diary: string[] = []
  const bad: string[] = []
  const note = (line: string) => void diary.push(`${new Date().toISOString()} ${line}`)
  const start = (given: readonly string[]) => {
    const command = lab.start(given)
    note(`${command.pid} starts: ${given.join(' ')}`)
    running.add(command)
    void command.done.then(({ code, signal, stdout, stderr }) => {
      running.delete(command)
      if (code === bugOfOurs) bad.push(`${given[0]} has a bug: ${stderr.slice(-1_000)}`)
      note(`${command.pid} ended: ${signal ?? code} ${stdout.trim().slice(-100)}`)
    })
    return command
  }
  const finish = async (command: Running): Promise<Finished> => {
    const limit = new AbortController()
    const done = await Promise.race([
      command.done,
      delay(commandLimitMs, undefined, { signal: limit.signal }).catch(() => undefined),
    ])
    limit.abort()
    if (!done) throw new Violation(`a command did not end within ${commandLimitMs / 1000} s`)
    return done
  }
  return {
    lab,
    random,
    stage,
    args,
    start,
    startAgain: () => start(args),
    run: (given) => finish(start(given)),
    finish,
    finishAll: async () => {
      for (const command of running) await finish(command)
      return bad
    },
    killCommands: () => {
      const found = [...running]
      for (const command of found) command.kill('SIGKILL')
      return found.length > 0
    },
    require: (condition, otherwise) => {
      if (!condition) throw new Violation(otherwise)
    },
    diary,
    note,
  }
}
