import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { explainError } from '../app/explain-error.ts'
import { type EndSignal, Interrupted } from '../errors.ts'
import { redact } from '../secrets/redact.ts'
import { packageRoot } from '../world/package-root.ts'
import { realWorld } from '../world/world.ts'
import type { Context } from './context.ts'
import { exitCodeOfError, exitCodeOfSignal, exitCodes } from './exit-codes.ts'
import { printError } from './result.ts'
import { runCli } from './run-cli.ts'

// The process begins here: it reads the environment, argv and the streams, and sets the only exit code.

process.umask(0o077)
silenceSqliteWarning()

const abort = new AbortController()
/** Why the output could not be written (a full disk). It fails the command, and the build continues. */
let lostOutput: NodeJS.ErrnoException | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => abort.abort(new Interrupted(signal satisfies EndSignal)))
// When the reader closes the pipe (`| head`), the command continues without output.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') lostOutput ??= error
})
// When stderr is gone too, there is no way left to report anything.
process.stderr.on('error', () => {})

const context: Context = {
  ...realWorld({
    env: process.env,
    cwd: readCwd(),
    signal: abort.signal,
    notice: (text) => void process.stderr.write(`${text}\n`),
  }),
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
}

const argv = process.argv.slice(2)
try {
  process.exitCode = await runCli(argv, context, { version: readVersion() })
} catch (error) {
  process.exitCode = reportError(error)
}
process.on('beforeExit', () => {
  if (!lostOutput || process.exitCode !== exitCodes.ok) return
  process.exitCode = tell(
    exitCodes.notReady,
    'not_ready',
    `The output cannot be written (${lostOutput.code}).`,
    'The command itself has succeeded. Run it again with an output that can be written',
    // Also with --json: an object on stdout would be lost as well.
    false,
  )
})
// A stdin that is no longer read would keep the process alive.
process.stdin.unref?.()

function reportError(error: unknown): number {
  if (error instanceof Interrupted)
    return tell(exitCodeOfSignal(error), 'interrupted', `Ended by ${error.signal}.`)
  const known = explainError(error)
  if (known) return tell(exitCodeOfError(known.reason), known.reason, known.message, known.hint)
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`${redact(trace)}\n`)
  return tell(
    exitCodes.bug,
    'bug',
    'This is a bug in tmux-builder.',
    'Please report it with the lines above: https://github.com/tmux-builder/tmux-builder/issues',
  )
}

/** Prints an error in the form that was asked for, and returns its exit code. */
function tell(
  exitCode: number,
  code: string,
  message: string,
  hint?: string,
  json = argv.includes('--json'),
): number {
  printError(context, { code, message, hint, exitCode }, json)
  return exitCode
}

/** Falls back to `/` when the working folder was removed, so that relative paths fail by name. */
function readCwd(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

function readVersion(): string {
  const text = readFileSync(join(packageRoot, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Silences one warning only: Node 22 says that node:sqlite is experimental. */
function silenceSqliteWarning(): void {
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    const text = warning instanceof Error ? warning.message : warning
    if (!text.includes('SQLite is an experimental feature')) emit(warning, ...rest)
  }
}
