import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { redact } from '../secrets/redact.ts'
import type { Scope } from '../session/scope.ts'
import { type Build, whileRunning } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'

const timeoutMs = 60_000

/** These are not code, and are left out even if the agent's repository has no .gitignore. */
const notCode = exclude(
  ...['**/node_modules', '**/.env', '**/.env.*', '**/*.pem', '**/*.tfstate*', '**/.terraform'],
)
/** The agent and the supervisor exchange these files at the workspace's root. */
const notOfAgent = exclude(
  ...['status.json', 'clarifications.json', 'answers.json', 'completion.txt', '.claude'],
)

function exclude(...paths: string[]): string[] {
  return paths.map((path) => `:(exclude,glob)${path}`)
}

/** The agent's repository may configure hooks and programs. These settings keep git from running any of them. */
const neutral = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'user.name=tmux-builder',
  'user.email=tmux-builder@localhost',
]

/**
 * Commits what the agent left uncommitted and tags it `build-N`, so that a release can be matched with its code.
 * If git fails, the release stays valid and an event says why the tag is missing.
 */
export async function tagCode(scope: Scope, build: Build): Promise<void> {
  const { world, paths, store } = scope
  const { PATH, HOME } = world.env
  const gitIn: GitIn =
    (folder, index) =>
    async (...args) => {
      const done = await world.run('git', [...neutral.flatMap((one) => ['-c', one]), ...args], {
        cwd: folder,
        // Without GIT_DIR, git would also use a repository above the workspace.
        env: {
          PATH,
          HOME,
          GIT_DIR: `${paths.workspace}/.git`,
          GIT_WORK_TREE: folder,
          ...(index === undefined ? {} : { GIT_INDEX_FILE: index }),
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
  const git = gitIn(paths.workspace)
  const tag = `build-${build.build}`
  try {
    await git('init', '--quiet')
    await addCode(gitIn, paths.workspace, notOfAgent)
    if ((await git('diff', '--cached', '--name-only')) !== '' || !(await hasCommit(git)))
      await git(
        ...['commit', '--quiet', '--allow-empty', '--message'],
        `chore: what ${tag} was released from`,
      )
    await git('tag', '--force', tag)
  } catch (error) {
    const message = redact(`the code was not tagged ${tag}: ${(error as Error).message}`)
    await whileRunning(store, build, (tx) =>
      appendEvent(tx, build, 'deploy_step', { step: 'tag', message }),
    )
  }
}

type Git = (...args: string[]) => Promise<string>
/** Runs git on the workspace's repository, with `folder` as the work tree and `index` (if given) as the index. */
type GitIn = (folder: string, index?: string) => Git

/**
 * Adds a folder's code to an index. Scaffolding tools leave nested repositories, of which git would store only a
 * commit id. So the files of each are read into a separate index as plain files, and that tree is added in its
 * place. The nested repository itself stays unchanged.
 */
async function addCode(
  gitIn: GitIn,
  folder: string,
  left: readonly string[],
  index?: string,
): Promise<void> {
  const git = gitIn(folder, index)
  const nested: string[] = []
  for (const path of findNestedRepositories(folder))
    if (!(await isIgnored(git, path))) nested.push(path)
  const excluded = nested.map((path) => `:(exclude,literal)${path}`)
  await git('add', '--all', '--', '.', ...left, ...notCode, ...excluded)
  for (const path of nested) {
    await git('rm', '-r', '--force', '--quiet', '--cached', '--ignore-unmatch', '--', path)
    const tree = await treeOf(gitIn, join(folder, path))
    await git('read-tree', `--prefix=${path}/`, tree)
  }
}

async function treeOf(gitIn: GitIn, folder: string): Promise<string> {
  const indexes = mkdtempSync(join(tmpdir(), 'tmux-builder-'))
  try {
    const index = join(indexes, 'index')
    await addCode(gitIn, folder, [], index)
    return (await gitIn(folder, index)('write-tree')).trim()
  } finally {
    rmSync(indexes, { recursive: true, force: true })
  }
}

const isIgnored = (git: Git, path: string) => succeeds(git('check-ignore', '--quiet', '--', path))

const hasCommit = (git: Git) => succeeds(git('rev-parse', '--verify', 'HEAD'))

const succeeds = (done: Promise<string>) =>
  done.then(
    () => true,
    () => false,
  )

const skippedFolders = new Set(['.git', '.claude', '.terraform', 'node_modules'])

/** The outermost nested repositories below a folder, as relative paths. */
function findNestedRepositories(folder: string): string[] {
  const found: string[] = []
  const look = (inside: string) => {
    for (const entry of readdirSync(inside, { withFileTypes: true })) {
      if (!entry.isDirectory() || skippedFolders.has(entry.name)) continue
      const path = join(inside, entry.name)
      if (existsSync(join(path, '.git'))) found.push(relative(folder, path))
      else look(path)
    }
  }
  look(folder)
  return found
}
