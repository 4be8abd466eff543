import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseUsage } from '../../src/agents/claude/watch-activity.ts'
import { rowsOf } from '../support/builds.ts'
import { type ClaudeCliLab, openClaudeCliLab, registerArgs } from '../support/claude-cli.ts'
import { requireClaudeProgramInCi } from '../support/claude-program.ts'
import { guid, waitFor } from '../support/cli-lab.ts'
import { followPrompt } from '../support/follow-prompt.ts'
import { isFull } from '../support/full.ts'
import { apiError, bash, type Reply, type Script, say } from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()

/** Gives a reply in place of the script's own for the first so many times that it comes to a step. */
function timesAt(step: string, count: number, reply: () => Reply): Script {
  let left = count
  return followPrompt({
    instead: (at) => (at === step && left-- > 0 ? reply() : undefined),
  })
}

const inSeconds = (seconds: number) => Math.ceil(Date.now() / 1000) + seconds

describe.skipIf(!program)('limits, with the real Claude Code', () => {
  const open = (script: Script, env: Record<string, string> = {}) =>
    openClaudeCliLab(program ?? '', script, { env })
  const prompts = async (lab: ClaudeCliLab) =>
    (await lab.events('prompt_delivered')).map((event) => [event.attempt, event.prompt])
  const reasons = async (lab: ClaudeCliLab) =>
    (await lab.events('retry')).map((event) => event.reason)

  it.runIf(isFull)(
    'waits for a usage limit to be lifted, and goes on in the same attempt',
    async () => {
      let until = 0
      const lab = await open(
        timesAt('code', 1, () => {
          until = inSeconds(4)
          return apiError(429, 'rate_limit_error', `Claude AI usage limit reached|${until}`)
        }),
        { CLAUDE_CODE_MAX_RETRIES: '0' },
      )
      const done = await lab.run(registerArgs('Build it', '--max-attempts', '1'))
      expect(done).toMatchObject({ code: 0 })
      expect(await prompts(lab)).toEqual([
        [1, 'autonomous_agent'],
        [1, 'limit'],
      ])
      expect(await lab.events('limit_reached')).toMatchObject([
        { until: new Date(until * 1000).toISOString(), message: expect.stringContaining('429') },
      ])
      const back = (await lab.events('agent_started'))[1]
      expect(back).toMatchObject({ attempt: 1, resumed: true })
      expect(Date.parse(String(back?.at))).toBeGreaterThanOrEqual(until * 1000)
      expect(new Set(lab.api.requests.map((turn) => turn.conversation)).size).toBe(1)
      expect(done.stderr).toContain('usage limit is reached')
    },
  )

  it.runIf(isFull)(
    'understands the limit of a subscription, which Claude Code would continue from by itself',
    async () => {
      const reset = inSeconds(3 * 3600)
      const lab = await open(
        () =>
          apiError(429, 'rate_limit_error', 'This request would exceed your rate limit.', {
            'anthropic-ratelimit-unified-status': 'rejected',
            'anthropic-ratelimit-unified-reset': String(reset),
            'anthropic-ratelimit-unified-representative-claim': 'five_hour',
            'x-should-retry': 'false',
          }),
        { ANTHROPIC_API_KEY: '', CLAUDE_CODE_OAUTH_TOKEN: `sk-ant-oat01-${'a'.repeat(40)}` },
      )
      const running = lab.start(registerArgs('Build it'))
      const [event] = await waitFor('the limit', async () => {
        const events = await lab.events('limit_reached')
        return events.length > 0 && events
      })
      // It says the minute; the second is at most a minute later.
      const lateMs = Date.parse(String(event?.until)) - reset * 1000
      expect(lateMs).toBeGreaterThanOrEqual(0)
      expect(lateMs).toBeLessThanOrEqual(60_000)
      expect(String(event?.message)).toContain('5-hour limit')
      expect((await lab.run(['stop', guid])).code).toBe(0)
      expect((await running.done).code).toBe(1)
    },
  )

  it('ends a build whose costs are above its budget: exit 8', async () => {
    const lab = await open(timesAt('deploy', 1000, () => bash('true')))
    const done = await lab.run(registerArgs('Build it', '--budget-usd', '0.01'))
    expect(done).toMatchObject({ code: 8, stdout: '' })
    expect(await lab.events('failed')).toMatchObject([{ reason: 'budget', exit_code: 8 }])
    const { usage } = await lab.json<{ usage: { dollars: number; tokens: number } }>([
      'status',
      guid,
    ])
    expect(usage.dollars).toBeGreaterThanOrEqual(0.01)
    expect(usage.tokens).toBeGreaterThan(0)
  })

  it.runIf(isFull)('counts the costs of a conversation that is resumed once', async () => {
    let before = 0
    const ownSum = () => {
      const file = join(lab.folder, 'agent', 'usage.json')
      return (existsSync(file) && parseUsage(readFileSync(file, 'utf8'))?.dollars) || 0
    }
    const lab = await open(async (turn) => {
      // It tells its costs some time after a turn; what it tells before its claim belongs to this build.
      if (turn.toolResults.at(-1)?.id.startsWith('toolu_code_'))
        await waitFor('its costs', () => ownSum() > before)
      return followPrompt()(turn)
    })
    const sumOfBuilds = () =>
      rowsOf<{ dollars: number }>(lab, 'SELECT sum(dollars) AS dollars FROM builds')[0]?.dollars ??
      0
    expect((await lab.run(registerArgs('Build it'))).code).toBe(0)
    expect(sumOfBuilds()).toBeGreaterThan(0)
    // In order: Claude Code keeps its sum then, and counts on from it.
    const pid = await lab.agentPid()
    process.kill(pid, 'SIGTERM')
    await waitFor('its end', async () => !(await lab.json<Alive>(['status', guid])).alive.agent)
    before = ownSum()
    expect((await lab.run(['refine', guid, '--request', 'Make it blue'])).code).toBe(0)
    expect((await lab.events('agent_started'))[1]).toMatchObject({ resumed: true })
    // The last words of a build may be counted with the next one: the sum of both is what must be true.
    expect(sumOfBuilds()).toBeGreaterThan(before)
    expect(sumOfBuilds()).toBeLessThan(ownSum() * 1.001)
  })

  it.runIf(isFull)(
    'reminds an agent whose turn ended without a claim, once, and it deploys',
    async () => {
      let isEnded = false
      const lab = await open((turn) => {
        const isReminded = turn.lastUserText.includes('Your work order is not finished')
        const reply = followPrompt({
          instead: (step) => (step === 'deploying' && !isReminded ? say('I made it.') : undefined),
        })(turn)
        isEnded ||= isReminded
        return reply
      })
      const done = await lab.run(registerArgs('Build it', '--stall-timeout', '3s'))
      expect(done).toMatchObject({ code: 0 })
      expect(isEnded).toBe(true)
      expect(await prompts(lab)).toEqual([
        [1, 'autonomous_agent'],
        [1, 'reminder'],
      ])
      expect(await reasons(lab)).toEqual([])
      expect(await lab.events('agent_stalled')).toEqual([])
    },
  )

  it.runIf(isFull)('reminds an agent that stands still in its turn, and it goes on', async () => {
    let hangs = true
    const lab = await open(
      followPrompt({ instead: (step) => (step === 'code' && hangs ? 'hang' : undefined) }),
    )
    const running = lab.start(registerArgs('Build it', '--stall-timeout', '3s'))
    await waitFor('the code', () =>
      lab.api.requests.some((turn) => turn.toolResults.some(({ id }) => /_implementing_/.test(id))),
    )
    hangs = false
    // An interruption: no hook tells of it, and nothing moves any more.
    await lab.tmux('send-keys', '-t', `=tmux_builder_${guid}:agent`, 'Escape')
    expect(await running.done).toMatchObject({ code: 0 })
    expect(await lab.events('agent_stalled')).toHaveLength(1)
    expect(await prompts(lab)).toEqual([
      [1, 'autonomous_agent'],
      [1, 'reminder'],
    ])
    expect(await reasons(lab)).toEqual([])
  })

  it.runIf(isFull)('does not take retries against an overloaded API for a stall', async () => {
    // Its pauses grow from half a second on, without a hook.
    const lab = await open(
      timesAt('code', 6, () => apiError(500, 'api_error', 'Internal server error')),
      { CLAUDE_CODE_MAX_RETRIES: '10' },
    )
    const done = await lab.run(registerArgs('Build it', '--stall-timeout', '2s'))
    expect(done).toMatchObject({ code: 0 })
    expect(await prompts(lab)).toEqual([[1, 'autonomous_agent']])
    expect(await lab.events('agent_stalled')).toEqual([])
    expect(await reasons(lab)).toEqual([])
  })

  it.runIf(isFull)(
    'tells an overloaded API from a failed build: exit 8, and the living agent is asked again',
    async () => {
      const lab = await open(() => apiError(529, 'overloaded_error', 'Overloaded'), {
        CLAUDE_CODE_MAX_RETRIES: '0',
      })
      const done = await lab.run(registerArgs('Build it', '--max-attempts', '2'))
      expect(done.code).toBe(8)
      expect(await reasons(lab)).toEqual(['overload'])
      expect(await lab.events('agent_started')).toHaveLength(1)
      expect(await lab.events('failed')).toMatchObject([{ reason: 'overload', exit_code: 8 }])
    },
  )

  it.runIf(isFull)('starts a new conversation when the API does not take the old one', async () => {
    let refused: string | undefined
    const lab = await open((turn) =>
      followPrompt({
        instead: (step) => {
          if (step === 'code') refused ??= turn.conversation
          return turn.conversation === refused
            ? apiError(400, 'invalid_request_error', 'messages.3: not as it should be')
            : undefined
        },
      })(turn),
    )
    expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
    expect(await reasons(lab)).toEqual(['agent_failed'])
    expect(await lab.events('agent_started')).toMatchObject([
      { attempt: 1, resumed: false },
      { attempt: 2, resumed: false },
    ])
    const prompt = String((await lab.events('prompt_delivered'))[1]?.file)
    expect(readFileSync(join(lab.folder, prompt), 'utf8')).toContain('not as it should be')
  })

  it.runIf(isFull)('leaves an agent alone that waits for work of its own', async () => {
    let isStarted = false
    const isOver = () => existsSync(join(lab.root, 'done'))
    const lab: ClaudeCliLab = await open(
      followPrompt({
        instead: (step) => {
          if (step !== 'code' || isOver()) return undefined
          if (isStarted) return say('I wait for my work in the background.')
          isStarted = true
          // Longer than an idle agent is given.
          const command = `sleep 13; touch ${join(lab.root, 'done')}`
          return [{ type: 'tool_use', name: 'Bash', input: { command, run_in_background: true } }]
        },
      }),
    )
    expect(await lab.run(registerArgs('Build it'))).toMatchObject({ code: 0 })
    expect(isOver()).toBe(true)
    expect(await prompts(lab)).toEqual([[1, 'autonomous_agent']])
  })
})

interface Alive {
  readonly alive: { readonly agent: boolean }
}
