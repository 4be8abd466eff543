import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  /** Both streams in the order of arrival, the end of them only. */
  readonly output: string
}

const keptCharacters = 1_000_000

/** Runs a program to its end; an abort ends it together with its children. A missing program has exit code 127. */
export function runProgram(
  file: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<Ended> {
  // Without what would turn a test run or a commit of the app into one of the agent's own surroundings.
  const { NODE_TEST_CONTEXT, GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, ...env } = process.env
  return new Promise((resolve) => {
    // A process group of its own, so that its children can be ended with it.
    const child = spawn(file, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let output = ''
    const keep = (text: string) => {
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
      signal.removeEventListener('abort', end)
      resolve({ exitCode, stdout, output })
    }
    signal.addEventListener('abort', end, { once: true })
    child.stderr.setEncoding('utf8').on('data', keep)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-keptCharacters)
      keep(text)
    })
    child.on('error', (error) => {
      keep(`${error.message}\n`)
      finish(127)
    })
    child.on('close', finish)
  })
}

/** The last lines of an output. */
export const tailOf = (output: string): string => output.trimEnd().split('\n').slice(-30).join('\n')

/** The user's own identity, hooks and signing keys have no place in an unattended commit. */
const gitSettings = [
  ...['user.name=tmux-builder demo agent', 'user.email=demo@localhost'],
  ...['core.hooksPath=/dev/null', 'commit.gpgSign=false', 'gc.auto=0'],
].flatMap((setting) => ['-c', setting])

/** Commits all that changed in a folder, which becomes a repository; says so when there is no git. */
export async function commitAll(
  folder: string,
  message: string,
  signal: AbortSignal,
): Promise<'committed' | 'nothing to commit' | 'no git'> {
  const git = (...args: string[]) => runProgram('git', [...gitSettings, ...args], folder, signal)
  if (!existsSync(join(folder, '.git'))) {
    const made = await git('init', '--quiet', '--initial-branch=main')
    if (made.exitCode !== 0) return 'no git'
  }
  await git('add', '--all')
  const commit = await git('commit', '--quiet', '--message', message)
  return commit.exitCode === 0 ? 'committed' : 'nothing to commit'
}
