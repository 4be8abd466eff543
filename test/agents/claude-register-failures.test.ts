import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readProcessId } from '../../src/session/processes.ts'
import { type ClaudeCliLab, gaps, openClaudeCliLab, registerArgs } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid, waitFor } from '../support/cli-lab.ts'
import { die, followPrompt } from '../support/follow-prompt.ts'
import { isFull } from '../support/full.ts'
import { findLeftovers } from '../support/leftovers.ts'
import { apiError, bash, call, type Reply, type Script } from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()

/** A reply that is given once. */
const once = (reply: Reply) => {
  let isGiven = false
  return (): Reply | undefined => {
    if (isGiven) return undefined
    isGiven = true
    return reply
  }
}

describe.skipIf(!program)('tmux-builder when Claude Code does not simply succeed', () => {
  const open = (script: Script, env: Record<string, string> = {}) =>
    openClaudeCliLab(program ?? '', script, { env })
  const fields = async (lab: ClaudeCliLab, type: string, ...names: string[]) =>
    (await lab.events(type)).map((event) => names.map((name) => event[name]))
  const conversations = (lab: ClaudeCliLab) =>
    new Set(lab.api.requests.map((turn) => turn.conversation)).size

  it('resumes an agent that was killed in the middle of a turn, with the debug prompt', async () => {
    const death = once(die)
    const lab = await open(
      followPrompt({ instead: (step) => (step === 'code' ? death() : undefined) }),
    )
    const done = await lab.run(registerArgs('Build it'))
    expect(done).toMatchObject({ code: 0 })
    expect(await fields(lab, 'retry', 'attempt', 'reason')).toEqual([[1, 'agent_exited']])
    expect(await lab.events('agent_exited')).toMatchObject([{ exit_signal: expect.any(String) }])
    expect(await fields(lab, 'agent_started', 'attempt', 'resumed')).toEqual([
      [1, false],
      [2, true],
    ])
    expect(await fields(lab, 'prompt_delivered', 'prompt')).toEqual([
      ['autonomous_agent'],
      ['debug_mode'],
    ])
    expect(conversations(lab)).toBe(1)
    expect(gaps(await lab.events())).toEqual([])
  })

  it.runIf(isFull)('resumes an agent that was killed before its first answer came', async () => {
    const lab = await open(followPrompt({ instead: once('hang') }))
    const running = lab.start(registerArgs('Build it'))
    await waitFor('the first request', () => lab.api.requests.length > 0)
    process.kill(await lab.agentPid(), 'SIGKILL')
    expect(await running.done).toMatchObject({ code: 0 })
    expect(await fields(lab, 'retry', 'attempt', 'reason')).toEqual([[1, 'agent_exited']])
  })

  it.runIf(isFull)('begins a new conversation when the old one is lost', async () => {
    const lab = await open(followPrompt())
    expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
    process.kill(await lab.agentPid(), 'SIGKILL')
    rmSync(join(String(lab.env.HOME), '.claude/projects'), { recursive: true })
    expect(await lab.run(['refine', guid, '--request', 'Make it blue'])).toMatchObject({ code: 0 })
    expect(await fields(lab, 'retry', 'attempt', 'reason')).toEqual([[1, 'agent_start']])
    expect(await fields(lab, 'agent_started', 'build', 'attempt', 'resumed')).toEqual([
      [1, 1, false],
      [2, 1, true],
      [2, 2, false],
    ])
    expect(conversations(lab)).toBe(2)
  })

  it('tells the living conversation of the error that it reported', async () => {
    const lab = await open(followPrompt({ errorOnAttempts: [1] }))
    expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
    expect(await fields(lab, 'retry', 'attempt', 'reason')).toEqual([[1, 'agent_error']])
    expect(await fields(lab, 'agent_started', 'attempt')).toEqual([[1]])
    expect(await fields(lab, 'prompt_delivered', 'prompt', 'confirmed_by')).toEqual([
      ['autonomous_agent', 'UserPromptSubmit'],
      ['debug_mode', 'UserPromptSubmit'],
    ])
    const prompt = String((await lab.events('prompt_delivered'))[1]?.file)
    expect(readFileSync(join(lab.folder, prompt), 'utf8')).toContain('The tests fail.')
    expect(conversations(lab)).toBe(1)
  })

  it.runIf(isFull)('does not believe an address that is not the deployed one: exit 7', async () => {
    const lab = await open(followPrompt({ claim: () => 'http://127.0.0.1:9/' }))
    const done = await lab.run(registerArgs('Build it', '--max-attempts', '2'))
    expect(done).toMatchObject({ code: 7, stdout: '' })
    expect(await fields(lab, 'verify_failed', 'attempt', 'url')).toEqual([
      [1, 'http://127.0.0.1:9/'],
      [2, 'http://127.0.0.1:9/'],
    ])
    expect(await fields(lab, 'failed', 'reason', 'exit_code')).toEqual([['verification', 7]])
    expect(findLeftovers(lab.root).filter(({ commandLine }) => /claude/.test(commandLine))).toEqual(
      [],
    )
  })

  it('hands a question on (exit 3) and its answer back into the conversation', async () => {
    const question = { id: 'q1', question: 'Blue or red?', reason: 'tradeoff' }
    const lab = await open(followPrompt({ question }))
    expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 3, stdout: '' })
    const agent = await lab.agentPid()
    expect(await lab.run(['answer', guid, 'Blue, "please"'])).toMatchObject({ code: 0 })
    const done = await lab.run(['status', guid, '--watch'])
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^http/) })
    const answers = readFileSync(join(lab.folder, 'workspace/answers.json'), 'utf8')
    expect(JSON.parse(answers).answers).toMatchObject([
      { id: 'q1', answer: 'Blue, "please"', decision: 'answer', by: 'user' },
    ])
    const told = lab.api.userTexts().filter((text) => text.includes('answers.json'))
    expect(told).toHaveLength(1)
    expect(await fields(lab, 'prompt_delivered', 'prompt')).toEqual([
      ['autonomous_agent'],
      ['answer'],
    ])
    expect(await lab.agentPid()).toBe(agent)
  })

  it.each([
    [401, 'authentication_error', 'invalid x-api-key', 'login'],
    [400, 'invalid_request_error', 'Your credit balance is too low', 'credit'],
  ])('ends at once with exit 8 when the API answers %i', async (status, type, text, reason) => {
    const lab = await open(() => apiError(status, type, text))
    const done = await lab.run(registerArgs('Build it', '--json'))
    const result = JSON.parse(done.stdout.trimEnd().split('\n').at(-1) ?? '')
    expect(result).toMatchObject({ type: 'result', state: 'failed', reason, exit_code: 8 })
    expect(done.code).toBe(8)
    expect(await fields(lab, 'retry', 'reason')).toEqual([])
  })

  it('ends the attempt of an agent that asks for a permission', async () => {
    const asks = once(call('Write', { file_path: '.npmrc', content: '' }))
    const lab = await open(
      followPrompt({
        instead: (step, facts) => {
          if (step !== 'code') return undefined
          const reply = asks()
          return (
            reply && call('Write', { file_path: `${facts.get('workspace')}/.npmrc`, content: '' })
          )
        },
      }),
    )
    expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
    expect(await fields(lab, 'retry', 'attempt', 'reason')).toEqual([[1, 'permission']])
    expect(await fields(lab, 'agent_started', 'attempt', 'resumed')).toEqual([
      [1, false],
      [2, true],
    ])
  })

  it.runIf(isFull)(
    'never answers a permission dialog that stands there after the deployment',
    async () => {
      const lab = await open(
        followPrompt({
          afterwards: (facts) =>
            facts.get('attempt') === '1' && facts.get('build') === '1'
              ? call('Write', { file_path: `${facts.get('workspace')}/.npmrc`, content: 'x' })
              : undefined,
        }),
      )
      expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
      await waitFor('the dialog', async () =>
        (await lab.tmux('capture-pane', '-p', '-t', `=tmux_builder_${guid}:agent`)).includes(
          '.npmrc',
        ),
      )
      expect(await lab.run(['refine', guid, '--request', 'Make it blue'])).toMatchObject({
        code: 0,
      })
      expect(existsSync(join(lab.folder, 'workspace/.npmrc'))).toBe(false)
      expect(await fields(lab, 'agent_started', 'build', 'resumed')).toEqual([
        [1, false],
        [2, true],
      ])
      expect(conversations(lab)).toBe(1)
    },
  )

  it.runIf(isFull)('ends a build whose API never answers at its time limit: exit 124', async () => {
    const lab = await open(() => 'hang')
    const done = await lab.run(registerArgs('Build it', '--timeout', '10s'))
    expect(done).toMatchObject({ code: 124, stdout: '' })
    expect(await fields(lab, 'failed', 'reason', 'exit_code')).toEqual([['timeout', 124]])
    expect(readProcessId(await lab.agentPid())).toBeUndefined()
  })

  it('leaves no process behind when it is stopped while the agent is busy', async () => {
    const lab = await open(
      followPrompt({
        instead: (step) =>
          step === 'code' ? bash('setsid sleep 4321 & nohup sleep 4322 & sleep 4323') : undefined,
      }),
    )
    const running = lab.start(registerArgs('Build it'))
    const sleeps = () =>
      findLeftovers(lab.root).filter(({ commandLine }) => /sleep 432\d/.test(commandLine))
    await waitFor('work', () => sleeps().length >= 3)
    const stopped = await lab.json<{ processes: number }>(['stop', guid])
    expect(stopped.processes).toBeGreaterThan(3)
    expect(await running.done).toMatchObject({ code: 1, stdout: '' })
    expect(findLeftovers(lab.root)).toEqual([])
    expect((await lab.json(['status', guid])).state).toBe('stopped')
  })

  it.runIf(isFull)('runs with the bypass as root in what is a sandbox', async () => {
    const lab = await open(followPrompt(), { IS_SANDBOX: '1' })
    const args = registerArgs('Build it', '--agent-option', 'permission-mode=bypass')
    expect(await lab.run(args)).toMatchObject({ code: 0 })
    const [delivered] = await lab.events('prompt_delivered')
    expect(delivered).toMatchObject({ confirmed_by: 'UserPromptSubmit' })
    const hooks = readFileSync(join(lab.folder, 'agent/hooks.jsonl'), 'utf8')
    expect(hooks).toContain('"permission_mode":"bypassPermissions"')
  })
})
