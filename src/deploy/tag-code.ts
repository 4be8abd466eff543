import { redact } from '../domain/redact.ts'
import type { Scope } from '../session/scope.ts'
import type { Build } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'

const timeoutMs = 60_000

/** What is no code, also where the agent ignores nothing. */
const notCode = [
  ...['status.json', 'clarifications.json', 'answers.json', 'completion.txt', '.claude'],
  ...['**/node_modules', '**/.env', '**/.env.*', '**/*.pem', '**/*.tfstate*', '**/.terraform'],
].map((path) => `:(exclude,glob)${path}`)

/** The agent's repository may hold hooks and programs of its own: none of them is run by us. */
const neutral = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'user.name=tmux-builder',
  'user.email=tmux-builder@localhost',
]

/**
 * Commits what the agent left uncommitted and tags it `build-N`, so that a release and its code can be matched. Where
 * git cannot, the release stands; the event says why.
 */
export async function tagCode(scope: Scope, build: Build): Promise<void> {
  const { context, paths, store } = scope
  const { PATH, HOME } = context.env
  const git = async (...args: string[]) => {
    const done = await context.run('git', [...neutral.flatMap((one) => ['-c', one]), ...args], {
      cwd: paths.workspace,
      // The workspace's own repository, never one above it.
      env: {
        PATH,
        HOME,
        GIT_DIR: `${paths.workspace}/.git`,
        GIT_WORK_TREE: paths.workspace,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_TERMINAL_PROMPT: '0',
        LC_ALL: 'C',
      },
      timeoutMs,
    })
    if (done.exitCode !== 0)
      throw new Error(
        done.spawnError ?? (done.stderr.trim().split('\n').at(-1) || `git ${args[0]} failed`),
      )
    return done.stdout
  }
  const tag = `build-${build.build}`
  try {
    await git('init', '--quiet')
    await git('add', '--all', '--', '.', ...notCode)
    if ((await git('diff', '--cached', '--name-only')) !== '' || !(await hasCommit(git)))
      await git(
        ...['commit', '--quiet', '--allow-empty', '--message'],
        `chore: what ${tag} was released from`,
      )
    await git('tag', '--force', tag)
  } catch (error) {
    appendEvent(store, build, 'deploy_step', {
      step: 'tag',
      message: redact(`the code was not tagged ${tag}: ${(error as Error).message}`),
    })
  }
}

async function hasCommit(git: (...args: string[]) => Promise<string>): Promise<boolean> {
  return git('rev-parse', '--verify', 'HEAD').then(
    () => true,
    () => false,
  )
}
