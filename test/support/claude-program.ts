/** The real Claude Code in a tmux server and a HOME of its own, for tests. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { claude } from '../../src/agents/claude/claude-profile.ts'
import { agentArgv } from '../../src/agents/launch.ts'
import type { AgentPlace } from '../../src/agents/profile.ts'
import { shellQuote } from '../../src/world/shell-quote.ts'
import { findLeftovers } from './leftovers.ts'

/** The version that our facts were measured with; `scripts/install-claude.js` installs it. */
export const claudeVersion = '2.1.330'

/** Where `scripts/install-claude.js` puts it. */
export const cachedClaudeProgram = resolve(
  import.meta.dirname,
  `../../.test-cache/claude/node_modules/@anthropic-ai/claude-code-linux-${process.arch}/claude`,
)

/** The program of `TMUX_BUILDER_TEST_CLAUDE`, else the cached one, else none. */
export function findClaudeProgram(): string | undefined {
  const named = process.env.TMUX_BUILDER_TEST_CLAUDE
  if (named) return named
  return existsSync(cachedClaudeProgram) ? cachedClaudeProgram : undefined
}

/**
 * The program, or why the tests that need it are skipped: loudly, and with `CI_REQUIRE_CLAUDE=1` not at all.
 * (`describe.skipIf(!program)`)
 */
export function requireClaudeProgramInCi(): string | undefined {
  const program = findClaudeProgram()
  if (program) return program
  const message = 'Claude Code is not installed for tests: run `node scripts/install-claude.js`'
  if (process.env.CI_REQUIRE_CLAUDE === '1') throw new Error(message)
  console.warn(`SKIPPED: ${message}`)
  return undefined
}

const exec = promisify(execFile)

/** One line of the hook log, whole. */
export interface LoggedHook {
  readonly hook_event_name: string
  readonly source?: string
  readonly prompt?: string
  readonly tool_name?: string
  readonly error?: string
  readonly model?: string
  readonly transcript_path?: string
}

export interface Pane {
  readonly id: string
  readonly pid: number
}

/** A session's folder, a HOME and a tmux server of their own, and what can be done with the program in them. */
export interface ClaudeLab {
  readonly place: AgentPlace
  readonly conversation: string
  readonly home: string
  tmux(...args: string[]): Promise<string>
  /** Starts the program as its profile says; `change` may spoil the arguments. */
  start(message: string, isResumed?: boolean, change?: (args: string[]) => string[]): Promise<Pane>
  /** Bracketed paste, no Enter. */
  paste(pane: Pane, text: string): Promise<void>
  screen(pane: Pane): Promise<string>
  hooks(name?: string): LoggedHook[]
  /** Waits until a hook came that often; fails with what is on the screens. */
  hook(name: string, count?: number): Promise<LoggedHook>
  waitFor(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void>
  kill(pid: number): void
  close(): Promise<void>
}

export const testApiKey = `sk-ant-api03-${'test'.repeat(12)}-key-for-loopback`

/** `subfolder` lets all paths contain what is hostile. */
export async function openClaudeLab(
  program: string,
  apiUrl: string,
  { subfolder = '', options = {} as Record<string, string> } = {},
): Promise<ClaudeLab> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'claude-')))
  const home = join(root, subfolder, 'home')
  const session = join(root, subfolder, 'session')
  for (const folder of [
    home,
    join(session, 'workspace'),
    join(session, 'prompts'),
    join(session, 'agent'),
  ])
    mkdirSync(folder, { recursive: true })
  const place: AgentPlace = {
    workspace: join(session, 'workspace'),
    agentFolder: join(session, 'agent'),
    promptsFolder: join(session, 'prompts'),
    hookLog: join(session, 'agent/hooks.jsonl'),
    settingsFile: join(session, 'agent/settings.json'),
    usageFile: join(session, 'agent/usage.json'),
    environment: {
      PATH: process.env.PATH ?? '',
      HOME: home,
      // Its sockets, shell folders and task outputs would go to /tmp.
      CLAUDE_CODE_TMPDIR: root,
      TMPDIR: root,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      TERM: 'tmux-256color',
      ANTHROPIC_API_KEY: testApiKey,
      ANTHROPIC_BASE_URL: apiUrl,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '1',
      DISABLE_AUTOUPDATER: '1',
      ...claude.environment,
    },
    options: { 'permission-mode': 'acceptEdits', model: '', ...options },
  }
  writeFileSync(place.hookLog, '')
  const conversation = randomUUID()
  const runTmux = (args: readonly string[], input = '') => {
    const running = exec('tmux', ['-u', '-L', 'lab', '-f', '/dev/null', ...args], {
      env: { PATH: process.env.PATH, HOME: root, TMUX_TMPDIR: root, LANG: 'C.UTF-8' },
    })
    // Most commands never read it, and may be gone by now.
    running.child.stdin?.on('error', () => {}).end(input)
    return running.then(({ stdout }) => stdout.replace(/\n$/, ''))
  }
  const tmux = (...args: string[]) => runTmux(args)
  // The server and its programs have this folder in their environment: that is how `close` finds them.
  await tmux('new-session', '-d', '-s', 'keeper', '-c', root, 'exec sleep 100000')
  await tmux('set-option', '-g', 'remain-on-exit', 'on')

  const hooks = (name?: string): LoggedHook[] =>
    readFileSync(place.hookLog, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as LoggedHook)
      .filter((hook) => name === undefined || hook.hook_event_name === name)
  const screens = async () => {
    const panes = (await tmux('list-panes', '-a', '-F', '#{pane_id}')).split('\n')
    return (await Promise.all(panes.map((id) => tmux('capture-pane', '-p', '-t', id)))).join('\n')
  }
  const waitFor = async (what: string, isTrue: () => boolean | Promise<boolean>) => {
    // The program was seen to take 42 s to start on a loaded machine.
    for (const deadline = Date.now() + 60_000; !(await isTrue()); await delay(50))
      if (Date.now() > deadline) throw new Error(`no ${what}; on the screens:\n${await screens()}`)
  }
  let launches = 0
  return {
    place,
    conversation,
    home,
    tmux,
    start: async (message, isResumed = false, change = (args) => args) => {
      const profile = { ...claude, command: [program] }
      const argv = change(agentArgv(profile, { place, conversation, message }, isResumed))
      launches += 1
      const script = join(root, `launch-${launches}.sh`)
      const variables = Object.entries(place.environment).map(([name, value]) => `${name}=${value}`)
      const words = ['env', '-i', ...variables, ...argv].map(shellQuote).join(' ')
      writeFileSync(script, `cd ${shellQuote(place.workspace)} && exec ${words}\n`, { mode: 0o600 })
      const format = '#{pane_id} #{pane_pid}'
      const size = ['-x', '200', '-y', '50']
      const made = ['new-session', '-d', '-P', '-F', format, ...size, '/bin/sh', script]
      const [id = '', pid] = (await tmux(...made)).split(' ')
      return { id, pid: Number(pid) }
    },
    paste: async (pane, text) => {
      await runTmux(['load-buffer', '-b', 'text', '-'], text)
      await tmux('paste-buffer', '-p', '-r', '-d', '-b', 'text', '-t', pane.id)
    },
    screen: (pane) => tmux('capture-pane', '-p', '-t', pane.id),
    hooks,
    hook: async (name, count = 1) => {
      await waitFor(`${name} (${count})`, () => hooks(name).length >= count)
      return hooks(name)[count - 1] as LoggedHook
    },
    waitFor,
    kill: (pid) => process.kill(pid, 'SIGKILL'),
    close: async () => {
      for (let left = findLeftovers(root); left.length > 0; left = findLeftovers(root)) {
        for (const { pid } of left) endProcess(pid)
        await delay(20)
      }
    },
  }
}

/** Ends one process that a test has started; gone already is fine. */
function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
