/** The built program in a HOME, a tmux server and a home of its own, for tests from the outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { endLeftovers } from './leftovers.ts'

export const program = resolve(import.meta.dirname, '../../bin/tmux-builder.js')

export interface Finished {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  /** Its stdout so far. */
  said(): string
  /** Its stderr so far. */
  complained(): string
  readonly done: Promise<Finished>
  kill(signal: NodeJS.Signals): void
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  readonly cwd?: string
  /** Another copy of the program. */
  readonly program?: string
}

export interface CliLab {
  readonly root: string
  /** TMUX_BUILDER_HOME. */
  readonly home: string
  readonly env: Readonly<Record<string, string>>
  /** Starts the program. */
  start(args: readonly string[], options?: RunOptions): Running
  /** Runs the program to its end. */
  run(args: readonly string[], options?: RunOptions): Promise<Finished>
  /** Runs it with `--json` and gives the last line of stdout as an object. */
  json<T = Record<string, unknown>>(args: readonly string[], options?: RunOptions): Promise<T>
  /** Runs tmux on the lab's server; rejects when it fails. */
  tmux(...args: string[]): Promise<string>
  folderOf(guid: string): string
  close(): Promise<void>
}

/** The options of every build in tests: quick, offline. */
export const demoFlags = (scenario = 'ok') => [
  '--agent',
  'demo',
  '--target',
  'local',
  '--agent-option',
  `scenario=${scenario}`,
  '--agent-option',
  'pace=0',
]

export const identityFlags = ['--email', 'test@example.com', '--phone', '+15551234567']
/** The contract's first vector. */
export const guid = '4f90185371635678b3c7c44eca73fd36457046c2b8f1912f50fdd2f22d72b7c6'

/** Opens a lab that is closed when the test ends, however it ends; `subfolder` lets all paths hold what is hostile. */
export function openCliLab({ subfolder = '' } = {}): CliLab {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cli-')))
  const place = join(root, subfolder)
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: join(place, 'home'),
    TMUX_TMPDIR: root,
    TMUX_BUILDER_HOME: join(place, 'state'),
    TMPDIR: root,
    LANG: 'C.UTF-8',
    SHELL: '/bin/sh',
    XDG_CACHE_HOME: join(tmpdir(), 'cache'),
    TMUX_BUILDER_RETRY_DELAY: '1ms',
    // The SDK would ask the network which machine this is.
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  mkdirSync(join(place, 'home'), { recursive: true })
  const start = (args: readonly string[], options: RunOptions = {}): Running => {
    const child = spawn(process.execPath, [options.program ?? program, ...args], {
      env: { ...env, ...options.env },
      cwd: options.cwd ?? place,
      stdio: 'pipe',
    })
    child.stdin.on('error', () => {}).end(options.stdin ?? '')
    return follow(child)
  }
  const run = (args: readonly string[], options?: RunOptions) => start(args, options).done
  const lab: CliLab = {
    root,
    home: env.TMUX_BUILDER_HOME as string,
    env,
    start,
    run,
    json: async <T>(args: readonly string[], options?: RunOptions) => {
      const { stdout, stderr } = await run([...args, '--json'], options)
      const last = stdout.trimEnd().split('\n').at(-1) ?? ''
      if (!last.startsWith('{')) throw new Error(`no JSON on stdout; stderr: ${stderr}`)
      return JSON.parse(last) as T
    },
    tmux: async (...args) => {
      const child = spawn('tmux', ['-u', '-L', 'tmux-builder', ...args], { env, stdio: 'pipe' })
      const { code, stdout, stderr } = await follow(child).done
      if (code !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`)
      return stdout.trimEnd()
    },
    folderOf: (of) => join(env.TMUX_BUILDER_HOME as string, 'sessions', of),
    close: async () => {
      // Everything of the lab has its folder in its environment: agents, supervisors, previews and the tmux server.
      await endLeftovers(root, 0)
      rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    },
  }
  onTestFinished(() => lab.close(), 60_000)
  return lab
}

/** Reads what a program says, from its start to its end. */
export function follow(child: ChildProcess): Running {
  const collect = (stream: Readable | null) => {
    let text = ''
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    return () => text
  }
  const [said, complained] = [collect(child.stdout), collect(child.stderr)]
  const done = new Promise<Finished>((settle, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      settle({ code, signal, stdout: said(), stderr: complained() }),
    )
  })
  return { pid: child.pid ?? 0, said, complained, done, kill: (signal) => void child.kill(signal) }
}

/** Waits for a condition; fails with its name. */
export async function waitFor<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 30_000,
): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ; await delay(20)) {
    const seen = await look()
    if (seen) return seen
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for: ${what}`)
  }
}

/** The objects that a `--json` stream printed, one a line. */
export const parseLines = <T = Record<string, unknown>>(stdout: string): T[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T)
