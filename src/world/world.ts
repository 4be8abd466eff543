import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

export type Environment = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  /** The child's whole environment; nothing of ours is added. */
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
  /** `null` when a signal or the time limit ended it. */
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  readonly timedOut: boolean
  /** ENOENT, EACCES, E2BIG …: it could not be started at all. */
  readonly spawnError: string | undefined
}

/** The outside world as a value, so that tests can give another one. */
export interface World {
  readonly env: Environment
  readonly cwd: string
  /** Aborted by SIGINT, SIGTERM or SIGHUP, with an `Interrupted` as its reason. */
  readonly signal: AbortSignal
  /** Takes a sentence about what goes on beside the result: a command line shows it, a server may drop it. */
  notice(text: string): void
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds on a clock that nobody sets: for how long something lasts, whatever the time of day does. */
  elapsed(): number
  /** Resolves after that time, or at once when the signal aborts (it never rejects). */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>
  /** Runs a program in a process group of its own (a Ctrl-C never reaches it); an exit code is a result, not an error. */
  run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult>
}

/** Waits; an abort only ends the wait early. */
export async function sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  await delay(durationMs, undefined, signal ? { signal } : {}).catch(() => {})
}

/** How long what has run out of time may take to end. */
const letGoMs = 500

export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const { execa } = await import('execa')
  const child = execa(file, args, {
    env: options.env as Record<string, string>,
    extendEnv: false,
    reject: false,
    detached: true,
    stripFinalNewline: false,
    ...inputOf(options),
    // Ours may be gone, and a tmux server should hold nobody's folder.
    cwd: options.cwd ?? '/',
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  if (options.keepsInputOpen) {
    // A child that died before it had read it says so by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.write(options.input ?? '')
  }
  if (options.onLine) createInterface({ input: child.stdout }).on('line', options.onLine)
  // What it wrote to may be held open by others when it has ended: a tmux client hands it to its server, which may hang.
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
