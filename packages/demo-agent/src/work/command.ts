import { spawn } from 'node:child_process'

export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  /** Both streams in the order of arrival, its end only. */
  readonly output: string
}

const keptCharacters = 1_000_000

/** Runs a program to its end; an abort ends it together with its children. A missing program has exit code 127. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: { cwd: string; signal: AbortSignal },
): Promise<CommandResult> {
  return new Promise((resolve) => {
    // A process group of its own, so that its children can be ended with it.
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: environment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let output = ''
    const keep = (text: string, isStdout: boolean) => {
      if (isStdout) stdout = (stdout + text).slice(-keptCharacters)
      output = (output + text).slice(-keptCharacters)
    }
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
      } catch {
        // It has ended by itself.
      }
    }
    const finish = (exitCode: number | null) => {
      options.signal.removeEventListener('abort', end)
      resolve({ exitCode, stdout, output })
    }
    options.signal.addEventListener('abort', end, { once: true })
    child.stdout.setEncoding('utf8').on('data', (text: string) => keep(text, true))
    child.stderr.setEncoding('utf8').on('data', (text: string) => keep(text, false))
    child.on('error', (error) => {
      keep(`${error.message}\n`, false)
      finish(127)
    })
    child.on('close', finish)
  })
}

/** Ours, without what would turn a test run or a commit of the app into one of whoever started us. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT, GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, ...env } = process.env
  return env
}

/** The last lines of an output. */
export const tailOf = (output: string, lines = 30): string =>
  output.trimEnd().split('\n').slice(-lines).join('\n')

/** A text as one word of a shell command. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
