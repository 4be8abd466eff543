import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './command.ts'

const author = ['-c', 'user.name=tmux-builder demo agent', '-c', 'user.email=demo@localhost']
// The user's own hooks and signing keys have no place in an unattended commit.
const quiet = ['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgSign=false', '-c', 'gc.auto=0']

/** Commits all that changed in a folder, which becomes a repository; says so when there is no git. */
export async function commitAll(
  folder: string,
  message: string,
  signal: AbortSignal,
): Promise<'committed' | 'nothing to commit' | 'no git'> {
  const git = (...args: string[]) =>
    runCommand('git', [...author, ...quiet, ...args], { cwd: folder, signal })
  if (!existsSync(join(folder, '.git'))) {
    const made = await git('init', '--quiet', '--initial-branch=main')
    if (made.exitCode !== 0) return 'no git'
  }
  await git('add', '--all')
  const commit = await git('commit', '--quiet', '--message', message)
  return commit.exitCode === 0 ? 'committed' : 'nothing to commit'
}
