import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  hookNames,
  makePlace,
  readHooks,
  readPage,
  readStatus,
  readTranscript,
  runDemo,
  writePrompt,
} from './demo-run.ts'

const inWorkspace = (place: { workspace: string }, name: string) =>
  readFileSync(join(place.workspace, name), 'utf8')

describe('a build', () => {
  test('ends deployed, handed over, recorded and told to the hooks', async () => {
    const place = await makePlace()
    const message = `Read ${writePrompt(place, 'Build a todo app')} and do what it says.`
    expect(await runDemo(place, message)).toMatchObject({ code: 0 })
    expect(readStatus(place)).toMatchObject({
      status: 'deployed',
      phase: 4,
      progress: 100,
      deployment_url: place.url,
      build: 1,
      attempt: 1,
      cost_estimate_monthly: 0,
    })
    expect(inWorkspace(place, 'completion.txt')).toContain('tmux-builder refine abc123')
    expect(inWorkspace(place, 'docs/DEPLOYMENT_SUMMARY.md')).toContain(place.url)
    expect(inWorkspace(place, 'docs/architecture.md')).toContain('todo list')
    expect(inWorkspace(place, 'infrastructure/deployment_logs/001.log')).toContain(
      'deployed for abc123',
    )
    expect(existsSync(join(place.workspace, 'code/.git/HEAD'))).toBe(true)
    expect(readFileSync(join(place.site, 'index.html'), 'utf8')).toBe(readPage(place))
    expect(readdirSync(place.site).sort()).toEqual([
      'app.js',
      'frame.css',
      'index.html',
      'style.css',
    ])
    expect(readTranscript(place)).toMatchObject([
      { type: 'user', text: message },
      { type: 'assistant', text: expect.stringContaining(place.url) },
    ])
    expect(hookNames(place)).toEqual(['SessionStart', 'UserPromptSubmit', 'Stop', 'SessionEnd'])
    expect(readHooks(place)[1]).toMatchObject({ prompt: message, cwd: place.workspace })
    const tools = readHooks(place).filter((hook) => hook.tool_name === 'Bash')
    expect(tools.length).toBeGreaterThanOrEqual(4)
  })

  test('a refinement goes on from what is there, in the same conversation', async () => {
    const place = await makePlace()
    await runDemo(place, `Read ${writePrompt(place, 'Build a quiz')}`)
    const prompt = writePrompt(place, 'Make it green & <b>', {
      prompt_type: 'refinement_mode',
      build: 2,
      deployment_url: place.url,
    })
    await runDemo(place, `Read ${prompt}`, '--resume')
    await runDemo(place, `Read ${prompt}`, '--resume')
    const page = readPage(place)
    expect(page).toContain('Build a quiz')
    expect(page.match(/Make it green &amp; &lt;b&gt;/g)).toHaveLength(1)
    expect(page).toContain('data-accent="green"')
    expect(readStatus(place)).toMatchObject({ status: 'deployed', build: 2 })
    expect(inWorkspace(place, 'infrastructure/deployment_logs/003.log')).toContain(place.url)
    expect(readHooks(place).filter((hook) => hook.source === 'resume')).toHaveLength(2)
  })

  test('a new request in the same workspace is a new app', async () => {
    const place = await makePlace()
    await runDemo(place, `Read ${writePrompt(place, 'Build a quiz')}`)
    await runDemo(place, `Read ${writePrompt(place, 'Build a timer', { build: 2 })}`, '--resume')
    expect(readPage(place)).not.toContain('Build a quiz')
    expect(readPage(place)).toContain('Build a timer')
  })

  test('a hostile megabyte is built as text', async () => {
    const place = await makePlace()
    const request = `'; touch "${place.folder}/pwned"; $(touch pwned) <script>alert(1)</script> {{x}}\n`
    await runDemo(place, `Read ${writePrompt(place, request.repeat(10_000))}`)
    expect(readStatus(place)).toMatchObject({ status: 'deployed' })
    expect(readPage(place)).not.toContain('<script')
    expect(existsSync(join(place.folder, 'pwned'))).toBe(false)
    expect(existsSync(join(place.workspace, 'pwned'))).toBe(false)
  })
})

describe('what goes wrong is reported', () => {
  test.each([
    ['fails', 'echo broken pipe >&2; exit 3', 'deploy_failed', 'broken pipe'],
    ['prints no address', 'echo done', 'deploy_failed', 'done'],
    ['serves something else', 'echo URL', 'health_check_failed', 'status 503'],
  ])('a deploy command that %s', async (_, script, reason, evidence) => {
    const place = await makePlace()
    writeFileSync(place.deployScript, `#!/bin/sh\n${script.replace('URL', place.url)}\n`)
    await runDemo(place, `Read ${writePrompt(place, 'A counter')}`)
    const { error, ...report } = readStatus(place)
    expect(report).toMatchObject({ status: 'error', reason, phase: 3 })
    expect(`${report.message} ${error}`).toContain(
      evidence === 'status 503' ? 'nothing here' : evidence,
    )
  })

  test('a prompt file that cannot be read is an answer', async () => {
    const place = await makePlace()
    await runDemo(place, 'Read /nowhere/prompts/001-x.md')
    expect(readTranscript(place)).toMatchObject([
      { type: 'user' },
      { type: 'assistant', text: expect.stringContaining('/nowhere/prompts/001-x.md') },
    ])
    expect(hookNames(place)).toContain('Stop')
  })
})

describe('a conversation', () => {
  test('cannot be begun twice, nor resumed when there is none', async () => {
    const place = await makePlace()
    expect(await runDemo(place, 'hi', '--resume')).toMatchObject({
      code: 1,
      screen: expect.stringContaining('No conversation found with session ID'),
    })
    expect(await runDemo(place, 'hi')).toMatchObject({ code: 0 })
    expect(await runDemo(place, 'hi')).toMatchObject({
      code: 1,
      screen: expect.stringContaining('is already in use'),
    })
    expect(readTranscript(place).filter((entry) => entry.type === 'user')).toHaveLength(1)
  })

  test('a wrong command line is explained', async () => {
    const place = await makePlace()
    expect(await runDemo(place, 'hi', '--scenario', 'nope')).toMatchObject({
      code: 2,
      screen: expect.stringMatching(/unknown scenario nope; known: ok, .*usage:/s),
    })
  })

  test.each(['/help me', '!touch pwned'])('%s is not a prompt', async (text) => {
    const place = await makePlace()
    expect((await runDemo(place, text)).screen).toContain('unknown command')
    expect(readTranscript(place)).toMatchObject([{ type: 'command', text }])
    expect(hookNames(place)).toEqual(['SessionStart', 'SessionEnd'])
  })
})
