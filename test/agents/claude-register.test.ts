import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { claude } from '../../src/agents/claude/claude-profile.ts'
import { isVisibleTo } from '../../src/agents/launch.ts'
import { readProcessId } from '../../src/session/processes.ts'
import {
  type ClaudeCliLab,
  gaps,
  type JournalEvent,
  openClaudeCliLab,
  readIn,
  registerArgs,
} from '../support/claude-cli.ts'
import { requireClaudeProgramInCi, testApiKey } from '../support/claude-program.ts'
import { type CliLab, guid, waitFor } from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { few, isFull } from '../support/full.ts'
import type { Script } from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()
const request = `Build a "todo" app: {{x}} $(y) \`z\` #{s} <b>'ü' 世\n\tlast line`

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const urlAlone = /^http:\/\/127\.0\.0\.1:\d+\/\n$/

const readOf = (pid: unknown, name: 'cmdline' | 'environ') => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8')
  } catch {
    return '' // gone meanwhile
  }
}
const environmentOf = (pid: unknown) => readOf(pid, 'environ').split('\0').filter(Boolean)

/** Collects the arguments of all processes of the lab, also of those that live for a moment, until it is told to end. */
function watchArguments(lab: CliLab): () => string {
  const seen = new Map<string, string>()
  const look = () => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const line = readOf(pid, 'cmdline')
      if (line === '' || seen.get(pid) === line) continue
      seen.set(pid, line)
      if (readOf(pid, 'environ').includes(lab.root)) lines.add(line)
    }
  }
  const lines = new Set<string>()
  const timer = setInterval(look, 10)
  return () => {
    clearInterval(timer)
    return [...lines].join('\n').replaceAll('\0', ' ')
  }
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

/** The files below a folder that hold a text. */
const filesWith = (folder: string, text: string) =>
  filesBelow(folder).filter((file) => {
    try {
      return readFileSync(file).includes(text)
    } catch {
      return false
    }
  })

async function tmuxOptions(lab: CliLab): Promise<string> {
  const calls = ['-g', '-gw', '-s'].map((scope) => lab.tmux('show-options', scope))
  const panes = (await lab.tmux('list-panes', '-a', '-F', '#{pane_id}')).split('\n')
  for (const pane of panes)
    calls.push(
      ...['-p', '-w', ''].map((scope) =>
        lab.tmux('show-options', `-A${scope.slice(1)}`, '-t', pane),
      ),
      lab.tmux('display-message', '-p', '-t', pane, '#{pane_start_command} #{pane_title}'),
    )
  calls.push(
    lab.tmux('show-environment', '-g'),
    lab.tmux('show-buffer').catch(() => ''),
  )
  return (await Promise.all(calls)).join('\n')
}

/** What each prompt file says, and what the model was shown of it when it read it. */
function expectExactPrompts(lab: ClaudeCliLab, events: readonly JournalEvent[]): void {
  const shown = lab.api.requests
    .flatMap((turn) => turn.toolResults)
    .filter(({ id }) => id.startsWith('toolu_prompt_'))
    .map(({ text }) => text)
  const delivered = events.filter((event) => event.type === 'prompt_delivered' && event.file)
  expect(delivered.length).toBeGreaterThan(0)
  for (const event of delivered) {
    const bytes = readIn(lab, String(event.file))
    expect({ sha256: sha256(bytes), bytes: bytes.length }).toEqual({
      sha256: event.sha256,
      bytes: event.bytes,
    })
    // The program's shell tool drops the line feed at the end.
    const prompt = bytes.toString('utf8').replace(/\n$/, '')
    const isAlike = (text: string) => text.slice(0, 20) === prompt.slice(0, 20)
    expect(shown.find((text) => text === prompt) ?? shown.findLast(isAlike)).toBe(prompt)
  }
}

/** How often the model was told to read each prompt. */
const linesGiven = (lab: ClaudeCliLab) =>
  lab.api.userTexts().filter((text) => /Read the file .*prompts\/\d+-/.test(text))

describe.skipIf(!program)('tmux-builder with the real Claude Code', () => {
  const open = (script: Script, options?: Parameters<typeof openClaudeCliLab>[2]) =>
    openClaudeCliLab(program ?? '', script, options)

  it.each(few(1, [`od d «ü» #{x} 100% #H (p)'s "q" $HOME`, '']))(
    'makes a verified address of a request, in the folder %j, and shows no secret',
    async (subfolder) => {
      const seen = { tmux: '', files: [] as string[], agent: [] as string[] }
      const supervisor: string[] = []
      const follow = followPrompt()
      const identity = {
        TMUX_BUILDER_EMAIL: 'test@example.com',
        TMUX_BUILDER_PHONE: '+15551234567',
      }
      const env = { ...identity, OTHER_SECRET: 'not-for-the-agent', GREETING: 'for-the-agent' }
      const lab = await open(
        async (turn) => {
          if (turn.requestIndex === 3) {
            seen.tmux = await tmuxOptions(lab)
            seen.files = filesWith(lab.home, testApiKey)
            seen.agent = environmentOf(await lab.agentPid())
            supervisor.push(...environmentOf((await lab.events('supervisor_started'))[0]?.pid))
          }
          return follow(turn)
        },
        { subfolder, env },
      )
      const args = ['register', '--target', 'local', '--request', request]
      const endWatching = watchArguments(lab)
      const done = await lab.run([...args, '--agent-env', 'GREETING'])
      const shown = endWatching()
      expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlAlone) })
      expect(await (await fetch(done.stdout.trim())).text()).toContain('Build a "todo" app')

      const events = await lab.events()
      expect(gaps(events)).toEqual([])
      expectExactPrompts(lab, events)
      expect(linesGiven(lab)).toHaveLength(1)
      const reports = events.filter(({ type }) => type === 'status').map(({ phase }) => phase)
      expect(reports).toEqual([1, 2, 3, 4])
      expect(events.find(({ type }) => type === 'prompt_delivered')).toMatchObject({
        prompt: 'autonomous_agent',
        confirmed_by: 'UserPromptSubmit',
      })
      expect(events.at(-1)).toMatchObject({ type: 'deployed', url: done.stdout.trim() })
      expect(readIn(lab, 'prompts/001-request.md').toString()).toBe(request)

      expect(shown).toContain('supervise')
      for (const secret of [testApiKey, identity.TMUX_BUILDER_EMAIL, '15551234567']) {
        expect(shown).not.toContain(secret)
        expect(seen.tmux).not.toContain(secret)
        expect(supervisor.join('\n')).not.toContain(secret)
      }
      expect(seen.files).toEqual([join(lab.folder, 'agent/environment.json')])
      expect(statSync(join(lab.folder, 'agent')).mode & 0o777).toBe(0o700)
      expect(existsSync(join(lab.folder, 'agent/environment.json'))).toBe(false)
      expect(filesWith(lab.home, testApiKey)).toEqual([])

      const names = seen.agent.map((entry) => entry.slice(0, entry.indexOf('=')))
      expect(seen.agent).toContain(`ANTHROPIC_API_KEY=${testApiKey}`)
      expect(seen.agent).toContain('GREETING=for-the-agent')
      expect(names.filter((name) => !isVisibleTo(claude, name)).sort()).toEqual([
        'GREETING',
        'PWD',
        'TERM',
        'TMUX_BUILDER_HOME',
        'TMUX_BUILDER_SESSION',
        'TMUX_BUILDER_WINDOW',
      ])
    },
  )

  it('gives a refinement to the living conversation, once', async () => {
    const lab = await open(followPrompt())
    expect(await lab.run(registerArgs(request))).toMatchObject({ code: 0 })
    const agent = await lab.agentPid()
    const change = 'Make it *blue*; keep {{x}}\t\r\nand `this`'
    const done = await lab.run(['refine', guid, '--request', change])
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlAlone) })
    expect(await (await fetch(done.stdout.trim())).text()).toContain('Make it *blue*')

    const events = await lab.events()
    expect(gaps(events)).toEqual([])
    expectExactPrompts(lab, events)
    const started = events.filter(({ type }) => type === 'agent_started')
    expect(started.map(({ pid }) => pid)).toEqual([agent])
    expect(events.filter(({ type }) => type === 'session_reused')).toHaveLength(1)
    expect(new Set(lab.api.requests.map((turn) => turn.conversation)).size).toBe(1)
    expect(linesGiven(lab)).toHaveLength(2)
    expect(events.filter(({ type }) => type === 'prompt_delivered')).toMatchObject([
      { prompt: 'autonomous_agent', confirmed_by: 'UserPromptSubmit' },
      { prompt: 'refinement_mode', confirmed_by: 'UserPromptSubmit' },
    ])
  })

  it.runIf(isFull)('resumes the conversation when the tmux server was lost', async () => {
    const lab = await open(followPrompt())
    expect(await lab.run(registerArgs(request))).toMatchObject({ code: 0 })
    const before = await lab.agentPid()
    await lab.tmux('kill-server')
    await waitFor('the end of the agent', () => !readProcessId(before))
    const done = await lab.run(['refine', guid, '--request', 'Make it blue'])
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlAlone) })

    const events = await lab.events()
    expect(gaps(events)).toEqual([])
    expectExactPrompts(lab, events)
    expect(events.find(({ type }) => type === 'session_ended')).toMatchObject({ reason: 'gone' })
    expect(events.filter(({ type }) => type === 'agent_started')).toMatchObject([
      { resumed: false },
      { resumed: true },
    ])
    expect(new Set(lab.api.requests.map((turn) => turn.conversation)).size).toBe(1)
    const last = lab.api.requests.at(-1)
    expect(last?.userTexts.filter((text) => text.includes('Read the file'))).toHaveLength(2)
  })
})
