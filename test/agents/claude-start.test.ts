import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { claude } from '../../src/agents/claude/claude-profile.ts'
import {
  type ClaudeLab,
  openClaudeLab,
  type Pane,
  requireClaudeProgramInCi,
} from '../support/claude-program.ts'
import { die, followPrompt } from '../support/follow-prompt.ts'
import {
  apiError,
  bash,
  call,
  type MessagesApi,
  type Script,
  say,
  startMessagesApi,
} from '../support/messages-api.ts'

const program = requireClaudeProgramInCi()
const message = `Do "what" it's <b>says</b> in $(x) \`y\` #{z} ü 世 — /a b/prompts/001-x.md`

describe.skipIf(!program)('Claude Code in tmux', () => {
  let api: MessagesApi
  let lab: ClaudeLab
  const open = async (script: Script, options?: Parameters<typeof openClaudeLab>[2]) => {
    api = await startMessagesApi(script)
    lab = await openClaudeLab(program ?? '', api.url, options)
    await claude.prepare(lab.place)
  }
  const enter = (pane: Pane) => lab.tmux('send-keys', '-t', pane.id, 'Enter')
  afterEach(async () => {
    await lab.close()
    await api.close()
  })

  it.each(['', `od d «ü» #{x} (p)'s [1] *!, $HOME`])(
    'starts without a dialog in a new HOME, in the folder %j',
    async (subfolder) => {
      await open(() => say('Hello.'), { subfolder })
      await lab.start(message)
      expect(await lab.hook('SessionStart')).toMatchObject({ source: 'startup' })
      expect(await lab.hook('UserPromptSubmit')).toMatchObject({ prompt: message })
      await lab.hook('Stop')
      expect(api.userTexts(lab.conversation)).toEqual([message])
    },
  )

  // Each protection is needed: without it the program asks, and nobody answers.
  const config = (change: (config: Record<string, Record<string, unknown>>) => void) => {
    const file = join(lab.home, '.claude.json')
    const value = JSON.parse(readFileSync(file, 'utf8'))
    change(value)
    writeFileSync(file, JSON.stringify(value))
  }
  const inWorkspace = (name: string, text: string) =>
    writeFileSync(join(lab.place.workspace, name), text)
  const servers = '{"mcpServers":{"written-by-the-agent":{"command":"true"}}}'
  const imports = `@${import.meta.filename}\n`
  const project = (value: Record<string, Record<string, unknown>>) =>
    value.projects?.[lab.place.workspace] as Record<string, unknown>
  it.each<[string, RegExp, () => void, string?]>([
    [
      'onboarding',
      /Let's get started|Unable to connect/,
      () => config((value) => delete value.hasCompletedOnboarding),
    ],
    ['trust', /trust/, () => config((value) => delete value.projects)],
    ['the API key', /custom API key/, () => config((value) => delete value.customApiKeyResponses)],
    [
      'MCP servers',
      /New MCP server/,
      () => inWorkspace('.mcp.json', servers),
      '--strict-mcp-config',
    ],
    [
      'imports',
      /external CLAUDE.md file imports/,
      () => {
        inWorkspace('CLAUDE.md', imports)
        config((value) => delete project(value).hasClaudeMdExternalIncludesWarningShown)
      },
    ],
  ])('would ask about %s', async (_, question, spoil, flag) => {
    await open(() => say('Hello.'))
    spoil()
    const pane = await lab.start('x', false, (args) => args.filter((arg) => arg !== flag))
    await lab.waitFor('question', async () => question.test(await lab.screen(pane)))
    expect(lab.hooks()).toEqual([])
  })

  it('does not ask about what an agent may have left in its workspace', async () => {
    await open(() => say('Hello.'))
    inWorkspace('.mcp.json', servers)
    inWorkspace('CLAUDE.md', imports)
    await lab.start('x')
    await lab.hook('Stop')
    expect(api.userTexts()).toEqual(['x'])
  })

  it('takes a paste when Enter comes by itself, and not before', async () => {
    await open(() => say('Hello.'))
    const pane = await lab.start('first')
    await lab.hook('Stop')
    await lab.paste(pane, message)
    await lab.waitFor('paste', async () => (await lab.screen(pane)).includes('001-x.md'))
    await delay(500)
    expect(lab.hooks('UserPromptSubmit')).toHaveLength(1)
    await enter(pane)
    expect(await lab.hook('UserPromptSubmit', 2)).toMatchObject({ prompt: message })
    await lab.hook('Stop', 2)
    expect(api.userTexts()).toEqual(['first', message])
  })

  it('takes a paste while it is busy, proves it at once and reads it once', async () => {
    await open(({ toolResults }) => (toolResults.length === 0 ? bash('sleep 5') : say('Done.')))
    const pane = await lab.start('first')
    await lab.hook('PreToolUse')
    await lab.paste(pane, message)
    await lab.waitFor('paste', async () => (await lab.screen(pane)).includes('001-x.md'))
    await enter(pane)
    expect(await lab.hook('UserPromptSubmit', 2)).toMatchObject({ prompt: message })
    expect(lab.hooks('PostToolUse')).toEqual([])
    await lab.hook('Stop')
    expect(api.userTexts().filter((text) => text.includes(message))).toHaveLength(1)
    expect(lab.hooks('UserPromptSubmit')).toHaveLength(2)
  })

  it('goes on with its conversation after a kill in the middle of a turn', async () => {
    await open(({ requestIndex, lastUserText }) =>
      lastUserText === 'go on' ? say('Yes.') : requestIndex === 0 ? bash('echo one') : die,
    )
    const pane = await lab.start(message)
    const isDead = () => lab.tmux('display-message', '-p', '-t', pane.id, '#{pane_dead}')
    await lab.waitFor('death', async () => (await isDead()) === '1')
    await lab.start('go on', true)
    await lab.hook('Stop')
    expect(lab.hooks('SessionStart').map((hook) => hook.source)).toEqual(['startup', 'resume'])
    expect(api.userTexts(lab.conversation)).toEqual([message, 'go on'])
    expect(api.requests.at(-1)?.toolResults[0]?.text).toBe('one')
    expect(api.requests.at(-1)?.toolResults[1]?.isError).toBe(true)
  })

  it('keeps its conversation though it was called from inside another Claude Code', async () => {
    await open(() => say('Hello.'))
    const outer = { CLAUDECODE: '1', CLAUDE_CODE_CHILD_SESSION: '1', CLAUDE_CODE_ENTRYPOINT: 'cli' }
    Object.assign(lab.place.environment, outer, claude.environment)
    await lab.start('x')
    const { transcript_path = '' } = await lab.hook('Stop')
    // It is written some time after its hooks.
    await lab.waitFor('transcript', () => readFileSync(transcript_path, 'utf8').includes('Hello.'))
  })

  it('asks, and waits, before it changes what its program guards', async () => {
    await open(() => call('Write', { file_path: join(lab.place.workspace, '.npmrc'), content: '' }))
    await lab.start('x')
    expect(await lab.hook('PermissionRequest')).toMatchObject({ tool_name: 'Write' })
    await delay(1_000)
    expect(lab.hooks().at(-1)).toMatchObject({ hook_event_name: 'PermissionRequest' })
  })

  it.each([
    [401, 'authentication_error', 'invalid x-api-key', 'authentication_failed'],
    [400, 'invalid_request_error', 'Your credit balance is too low', 'billing_error'],
    [429, 'rate_limit_error', 'slow down', 'rate_limit'],
  ])('tells that its API answers %i', async (status, type, text, expected) => {
    await open(() => apiError(status, type, text))
    await lab.start('x')
    expect(await lab.hook('StopFailure')).toMatchObject({ error: expected })
  })

  it('uses the model that was asked for, and the bypass', async () => {
    const options = { model: 'claude-sonnet-4-5', 'permission-mode': 'bypass' }
    await open(() => say('Hello.'), { options })
    Object.assign(lab.place.environment, { ANTHROPIC_MODEL: 'claude-haiku-4-5', IS_SANDBOX: '1' })
    await lab.start('x')
    expect(await lab.hook('SessionStart')).toMatchObject({ model: 'claude-sonnet-4-5' })
    expect(await lab.hook('UserPromptSubmit')).toMatchObject({
      permission_mode: 'bypassPermissions',
    })
  })

  it('does all that a prompt asks for, without one request for permission', async () => {
    await open(followPrompt())
    const { place } = lab
    const request = 'Build a "todo" <app> & more'
    const prompt = join(place.promptsFolder, '002-autonomous_agent.md')
    const requestFile = join(place.promptsFolder, '001-request.md')
    const facts = {
      guid: 'abc',
      build: 3,
      attempt: 1,
      workspace: place.workspace,
      target: 'local',
      request_file: requestFile,
      deploy_command: 'echo released at http://127.0.0.1:4321/ --dir',
    }
    const lines = Object.entries(facts).map(([name, value]) => `- ${name}: ${value}`)
    writeFileSync(requestFile, request)
    writeFileSync(prompt, `# You\n\n## Facts\n\n${lines.join('\n')}\n\n## Request\n\n${request}\n`)
    await lab.start(`Read ${prompt} and do what it says.`)
    await lab.hook('Stop')
    const read = (name: string) => readFileSync(join(place.workspace, name), 'utf8')
    expect(JSON.parse(read('status.json'))).toMatchObject({
      status: 'deployed',
      build: 3,
      deployment_url: 'http://127.0.0.1:4321/',
    })
    expect(read('code/index.html')).toContain('Build a "todo" &lt;app> &amp; more')
    expect(read('completion.txt')).toBe('http://127.0.0.1:4321/\n')
    expect(api.requests.at(-1)?.toolResults[0]?.text).toBe(readFileSync(prompt, 'utf8').trimEnd())
    expect(lab.hooks('PermissionRequest')).toEqual([])
    expect(lab.hooks('PostToolUse').length).toBeGreaterThan(8)
  })
})
