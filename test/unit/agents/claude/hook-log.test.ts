import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Activity, noActivity } from '../../../../src/agents/activity.ts'
import { applyHook, noHooks, parseHook } from '../../../../src/agents/claude/hook-log.ts'
import { watchActivity } from '../../../../src/agents/claude/watch-activity.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const line = (name: string, fields: object = {}) =>
  `${JSON.stringify({ hook_event_name: name, ...fields })}\n`
const prompt = (text: string) => line('UserPromptSubmit', { prompt: text })

const now = Date.UTC(2026, 0, 1, 12)

function openLog() {
  const folder = temporaryFolder()
  const file = join(folder, 'hooks.jsonl')
  const agent = watchActivity({
    hookLog: file,
    usageFile: join(folder, 'usage.json'),
    now: () => now,
  })
  return {
    file,
    agent,
    usageFile: join(folder, 'usage.json'),
    read: agent.look,
    add: (text: string | Uint8Array) => appendFileSync(file, text),
  }
}

describe('watchActivity', () => {
  it('adds up what hooks say', async () => {
    const log = openLog()
    expect(await log.read()).toEqual(noActivity)
    log.add(line('SessionStart', { transcript_path: '/t' }))
    expect(await log.read()).toMatchObject({ isReady: true, isBusy: false })
    log.add(prompt('one') + line('PreToolUse', { tool_name: 'Bash' }))
    expect(await log.read()).toMatchObject({ isBusy: true, accepted: ['one'] })
    log.add(line('Stop') + prompt('two'))
    expect(await log.read()).toMatchObject({
      isBusy: true,
      accepted: ['one', 'two'],
    })
  })

  it.each([
    ['a shell', { background_tasks: [{ id: 'b1', type: 'shell', status: 'running' }] }, true],
    ['a time that it set itself', { session_crons: [{ id: 'c1' }] }, true],
    ['nothing', { background_tasks: [], session_crons: [] }, false],
    ['what an older version does not say', {}, false],
    ['nonsense', { background_tasks: 'b1' }, false],
  ])('after a turn it waits for %s', async (_name, fields, isWaiting) => {
    const log = openLog()
    log.add(prompt('one') + line('Stop', fields))
    expect(await log.read()).toMatchObject({ isBusy: false, isWaiting })
    log.add(prompt('<task-notification>'))
    expect(await log.read()).toMatchObject({ isBusy: true, isWaiting: false })
  })

  it('a line that is cut counts when it is whole, once', async () => {
    const log = openLog()
    const whole = prompt('ein Gruß an 漢字 🎉')
    const bytes = Buffer.from(whole)
    // Every cut, through the middle of characters too.
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const one = openLog()
      one.add(bytes.subarray(0, cut))
      expect((await one.read()).accepted).toEqual([])
      one.add(bytes.subarray(cut))
      expect((await one.read()).accepted).toEqual(['ein Gruß an 漢字 🎉'])
      expect((await one.read()).accepted).toHaveLength(1)
    }
    log.add(whole + whole.slice(0, 9))
    expect((await log.read()).accepted).toHaveLength(1)
  })

  it('garbage between lines hides none of them', async () => {
    const log = openLog()
    log.add('not JSON\n\n{}\nnull\n[1]\n"x"\n{"hook_event_name":"NoSuch"}\n')
    log.add(Buffer.from([0x00, 0xff, 0xfe, 0x0a]))
    log.add(`{"hook_event_name":"UserPromptSubmit","prompt":7}\n${prompt('good')}`)
    expect((await log.read()).accepted).toEqual(['', 'good'])
  })

  it('starts anew when the log was moved away, even by one of the same length', async () => {
    const log = openLog()
    log.add(line('SessionStart') + prompt('old'))
    await log.read()
    renameSync(log.file, `${log.file}.1`)
    expect(await log.read()).toEqual(noActivity)
    log.add(line('SessionStart') + prompt('new'))
    expect((await log.read()).accepted).toEqual(['new'])
    renameSync(log.file, `${log.file}.2`)
    log.add(line('SessionStart') + prompt('mew'))
    expect((await log.read()).accepted).toEqual(['mew'])
  })

  it('starts anew when the log was cut short', async () => {
    const log = openLog()
    log.add(prompt('a long one that was there before'))
    await log.read()
    truncateSync(log.file, 0)
    log.add(prompt('new'))
    expect((await log.read()).accepted).toEqual(['new'])
  })

  it('reads a log of many megabytes, and past a line of many', async () => {
    const log = openLog()
    const many = Array.from({ length: 30 }, (_, n) =>
      line('PreToolUse', { n, pad: 'é'.repeat(200_000) }),
    )
    log.add(`${many.join('')}${prompt('after')}`)
    expect((await log.read()).accepted).toEqual(['after'])
    log.add(`${'x'.repeat(9 * 1024 * 1024)}\n${prompt('later')}`)
    expect((await log.read()).accepted).toEqual(['after', 'later'])
  })

  it.each([
    ['a folder', (file: string) => mkdirSync(file)],
    ['a pipe', (file: string) => void execFileSync('mkfifo', [file])],
    ['a link', (file: string) => symlinkSync('/dev/zero', file)],
  ])(
    '%s in its place is no log, and stops nothing',
    async (_name, make) => {
      const log = openLog()
      make(log.file)
      expect(await log.read()).toEqual(noActivity)
      rmSync(log.file, { recursive: true })
      writeFileSync(log.file, prompt('x'))
      expect((await log.read()).accepted).toEqual(['x'])
    },
    5_000,
  )
})

/** What the lines add up to. */
const activityAfter = (...lines: readonly string[]): Activity =>
  lines
    .flatMap((text) => parseHook(text) ?? [])
    .reduce((seen, hook) => applyHook(seen, hook, now), noHooks).activity

it('a new prompt ends a failure and a wish for a permission', () => {
  const lines = [
    line('UserPromptSubmit', { prompt: 'a' }),
    line('PermissionRequest', { tool_name: 'Bash' }),
    line('StopFailure', { error: 'rate_limit', last_assistant_message: 'limit' }),
  ]
  expect(activityAfter(...lines)).toMatchObject({
    isBusy: false,
    permissionWanted: 'Bash',
    failure: { kind: 'limit', name: 'rate_limit', message: 'limit', until: undefined },
  })
  expect(activityAfter(...lines, prompt('b'))).toMatchObject({
    isBusy: true,
    permissionWanted: undefined,
    failure: undefined,
    accepted: ['a', 'b'],
  })
})

describe('how a turn failed', () => {
  it.each([
    ['authentication_failed', 'login', 'Please run /login · API Error: 401'],
    ['oauth_org_not_allowed', 'login', 'Your organization has been disabled'],
    ['account_on_hold', 'login', 'Your account is on hold'],
    ['verification_required', 'login', 'Verify your account'],
    ['cloud_credential_error', 'login', 'The security token has expired'],
    ['billing_error', 'credit', 'Credit balance is too low'],
    ['rate_limit', 'limit', 'API Error: Rate limit reached'],
    ['overloaded', 'overload', 'API Error: 529 Overloaded'],
    ['server_error', 'overload', 'API Error: Connection error.'],
    ['invalid_request', 'other', 'API Error: 400'],
    // Names that no version has given yet, and such that every object knows.
    ['a_name_of_tomorrow', 'other', ''],
    ['constructor', 'other', ''],
    ['', 'other', ''],
  ])('%s is %s', (name, kind, message) => {
    const hook = { error: name, last_assistant_message: message, session_id: 's', cwd: '/w' }
    expect(activityAfter(prompt('x'), line('StopFailure', hook))).toMatchObject({
      isBusy: false,
      isWaiting: false,
      failure: { kind, name, message, until: undefined },
    })
  })

  it('a limit names the moment at which it is lifted, whenever it is read', () => {
    const said = `Claude AI usage limit reached|${(now + 3_600_000) / 1000}`
    const failed = (error: string) => line('StopFailure', { error, last_assistant_message: said })
    expect(activityAfter(failed('rate_limit')).failure?.until).toBe(now + 3_600_000)
    expect(activityAfter(failed('server_error')).failure?.until).toBeUndefined()
  })

  it('is one object for one failure, and another one when the same happens again', async () => {
    const log = openLog()
    const failed = line('StopFailure', { error: 'overloaded' })
    log.add(failed)
    const { failure } = await log.read()
    log.add(line('PreToolUse'))
    expect((await log.read()).failure).toBe(failure)
    log.add(failed)
    expect((await log.read()).failure).not.toBe(failure)
  })
})

describe('findAcceptance', () => {
  const sent = { id: 'abcd-1-1-1', line: '[abcd-1-1-1] Read the file' }

  it('is shown by the hook, also where the prompt holds more than the line', async () => {
    const log = openLog()
    expect(await log.agent.findAcceptance(sent)).toBeUndefined()
    log.add(prompt('[abcd-1-1-2] another'))
    expect(await log.agent.findAcceptance(sent)).toBeUndefined()
    log.add(prompt(`before\n${sent.line} after`))
    expect(await log.agent.findAcceptance(sent)).toBe('UserPromptSubmit')
  })

  it('is shown by the transcript where no hook told of it', async () => {
    const log = openLog()
    const transcript = `${log.file}.transcript`
    log.add(line('SessionStart', { transcript_path: transcript }))
    expect(await log.agent.findAcceptance(sent)).toBeUndefined()
    writeFileSync(transcript, `{"type":"queue","content":"[${sent.id}] …"}\n`)
    expect(await log.agent.findAcceptance(sent)).toBe('transcript')
    // The log of another process: what the last one's transcript says does not count.
    renameSync(log.file, `${log.file}.1`)
    expect(await log.agent.findAcceptance(sent)).toBeUndefined()
  })
})

it('reads what was used, as soon as the program says so', async () => {
  const { agent, usageFile } = openLog()
  expect(await agent.readUsage()).toBeUndefined()
  writeFileSync(usageFile, '{"cost":{"total_cost_usd":1.5}}')
  expect(await agent.readUsage()).toEqual({ dollars: 1.5, tokens: 0 })
})

it('what a hook says is bounded', () => {
  const hook = parseHook(line('StopFailure', { last_assistant_message: 'x'.repeat(1_000_000) }))
  expect(hook?.lastMessage.length).toBeLessThanOrEqual(2_000)
})
