import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Runs a program to its end; an abort ends it together with its children. A missing program has exit code 127. */
export async function runProgram(
  file: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal,
): Promise<{ exitCode: number | null; stdout: string; output: string }> {
  // Without what would turn a test run or a commit of the app into one of the agent's own surroundings.
  const { NODE_TEST_CONTEXT, GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, ...env } = process.env
  // A process group of its own, so that its children can be ended with it.
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    } catch {
      // It has ended by itself.
    }
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    const parts = [text(child.stdout), text(child.stderr), once(child, 'close')] as const
    const [stdout, stderr, [exitCode]] = await Promise.all(parts)
    return { exitCode, stdout, output: stdout + stderr }
  } catch (error) {
    return { exitCode: 127, stdout: '', output: String(error) }
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** The last lines of an output. */
export const tailOf = (output: string): string => output.trimEnd().split('\n').slice(-30).join('\n')

// The user's own identity, hooks and signing keys have no place in an unattended commit.
const commitScript = `set -e
git() {
  command git -c user.name='tmux-builder demo agent' -c user.email=demo@localhost \\
    -c core.hooksPath=/dev/null -c commit.gpgSign=false -c gc.auto=0 "$@"
}
test -d .git || git init --quiet --initial-branch=main
git add --all
git commit --quiet --message "$1"`

/** Commits all that changed in a folder, which becomes a repository; says how that went. */
export async function commitAll(folder: string, message: string, signal: AbortSignal) {
  const args = ['-c', commitScript, 'sh', message]
  const { exitCode } = await runProgram('/bin/sh', args, folder, signal)
  return exitCode === 0 ? 'committed' : 'nothing to commit, or no git'
}
