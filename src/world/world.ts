import { setTimeout as delay } from 'node:timers/promises'

export type Environment = Readonly<Record<string, string | undefined>>

/** Environment variables that are all set, as they are given to a process. */
export type Variables = Readonly<Record<string, string>>

export interface RunOptions {
  /** The whole environment of the child; nothing is added to it. */
  readonly env: Environment
  readonly cwd?: string
  readonly input?: string | Uint8Array
  /** The child's stdin stays open behind the input: it closes when this process ends, however it ends. */
  readonly keepsInputOpen?: boolean
  readonly timeoutMs?: number
  /** Ends the child with SIGTERM. */
  readonly signal?: AbortSignal
  /** Takes each line of stdout as soon as it is whole. */
  readonly onLine?: (line: string) => void
}

export interface RunResult {
  /** `null` when a signal or the time limit ended the program. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  /** The code (ENOENT, EACCES, E2BIG …) of a program that could not be started at all. */
  readonly spawnError: string | undefined
}

/** The outside world as a value, so that tests can replace it. */
export interface World {
  readonly env: Environment
  readonly cwd: string
  /** It is aborted by SIGINT, SIGTERM or SIGHUP, with an `Interrupted` as its reason. */
  readonly signal: AbortSignal
  /** Takes a sentence about the progress of a call: a command line shows it, and a server may drop it. */
  notice(text: string): void
  /** Returns the milliseconds since the epoch. */
  now(): number
  /**
   * Returns the milliseconds of a clock that is never set, for durations that must not depend on the time of day.
   */
  elapsed(): number
  /** Resolves after that time, or at once when the signal aborts (it never rejects). */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
  /**
   * Runs a program in a process group of its own, so that a Ctrl-C never reaches it. An exit code is a result, not
   * an error.
   */
  run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult>
}

/** The real world, with what differs from caller to caller: its environment, folder, signal and listener. */
export const realWorld = (own: Pick<World, 'env' | 'cwd' | 'signal' | 'notice'>): World => ({
  ...own,
  now: Date.now,
  elapsed: () => performance.now(),
  sleep,
  run,
})

/** Waits; an abort only ends the wait early. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, signal ? { signal } : {}).catch(() => {})
}

/** After its time limit a program has this long to end before its output is closed. */
const letGoMs = 500

export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  // Loaded late, because many commands run no program.
  const { execa } = await import('execa')
  const readline = options.onLine && (await import('node:readline'))
  const child = execa(file, args, {
    env: options.env as Record<string, string>,
    extendEnv: false,
    reject: false,
    detached: true,
    stripFinalNewline: false,
    ...inputOf(options),
    // The folder of this process may be gone, and a tmux server should not hold a folder of the user's.
    cwd: options.cwd ?? '/',
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  if (options.keepsInputOpen) {
    // A child that died before it had read its input says so by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.write(options.input ?? '')
  }
  if (options.onLine) readline?.createInterface({ input: child.stdout }).on('line', options.onLine)
  // Another process may hold the output of a program open after it has ended: a tmux client passes its output to
  // the server, which may hang.
  const letGo = () => {
    child.stdout.destroy()
    child.stderr.destroy()
  }
  const timer =
    options.timeoutMs === undefined ? undefined : setTimeout(letGo, options.timeoutMs + letGoMs)
  const result = await child.finally(() => clearTimeout(timer))
  return {
    exitCode: result.exitCode ?? null,
    stdout: result.stdout,
    stderr: result.stderr,
    timedOut: result.timedOut,
    spawnError: result.exitCode === undefined && !result.signal ? result.code : undefined,
  }
}

function inputOf({ input, keepsInputOpen }: RunOptions) {
  if (keepsInputOpen) return { stdin: 'pipe' as const }
  return input === undefined ? { stdin: 'ignore' as const } : { input }
}
