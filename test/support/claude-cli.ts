/** The built program with the real Claude Code on its PATH and a scripted Messages API behind that. */
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { testApiKey } from './claude-program.ts'
import { type CliLab, guid, identityFlags, openCliLab, parseLines } from './cli-lab.ts'
import { type MessagesApi, type Script, startMessagesApi } from './messages-api.ts'

export interface JournalEvent {
  readonly seq: number
  readonly type: string
  readonly build: number
  readonly attempt: number
  readonly [field: string]: unknown
}

export interface ClaudeCliLab extends CliLab {
  readonly api: MessagesApi
  /** The session's folder. */
  readonly folder: string
  /** The session's journal, oldest first. */
  events(type?: string): Promise<JournalEvent[]>
  /** The pid of the agent that is running. */
  agentPid(): Promise<number>
}

/** Build options for the local target: the agent is the default one. */
export const registerArgs = (request: string, ...more: readonly string[]) => [
  'register',
  ...identityFlags,
  '--target',
  'local',
  '--request',
  request,
  ...more,
]

/** Opens a lab that is closed when the test ends. */
export async function openClaudeCliLab(
  program: string,
  script: Script,
  { subfolder = '', env = {} }: { subfolder?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<ClaudeCliLab> {
  const api = await startMessagesApi(script)
  onTestFinished(() => api.close())
  const lab = openCliLab({ subfolder })
  const bin = join(lab.root, subfolder, 'bin')
  mkdirSync(bin)
  symlinkSync(program, join(bin, 'claude'))
  // Each start of the lab's program reads this object anew.
  Object.assign(lab.env, {
    PATH: `${bin}:${lab.env.PATH}`,
    ANTHROPIC_BASE_URL: api.url,
    ANTHROPIC_API_KEY: testApiKey,
    // Its sockets, shell folders and task outputs would go to /tmp.
    CLAUDE_CODE_TMPDIR: lab.root,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    CLAUDE_CODE_MAX_RETRIES: '1',
    DISABLE_AUTOUPDATER: '1',
    ...env,
  })
  const events = async (type?: string) =>
    parseLines<JournalEvent>((await lab.run(['events', guid, '--json'])).stdout).filter(
      (event) => type === undefined || event.type === type,
    )
  return {
    ...lab,
    api,
    folder: lab.folderOf(guid),
    events,
    agentPid: async () => Number((await events('agent_started')).at(-1)?.pid),
  }
}

/** What is wrong with a journal's numbers: nothing is missing, nothing comes twice. */
export const gaps = (events: readonly JournalEvent[]): number[] =>
  events.map((event) => event.seq).filter((seq, index) => seq !== index + 1)

/** Bytes of a file below the session's folder. */
export const readIn = (lab: ClaudeCliLab, ...path: string[]): Buffer =>
  readFileSync(join(lab.folder, ...path))
