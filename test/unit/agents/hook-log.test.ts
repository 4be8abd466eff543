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
import { applyHook, followHookLog, noActivity, parseHook } from '../../../src/agents/hook-log.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const line = (name: string, fields: object = {}) =>
  `${JSON.stringify({ hook_event_name: name, ...fields })}\n`
const prompt = (text: string) => line('UserPromptSubmit', { prompt: text })

function openLog() {
  const file = join(temporaryFolder(), 'hooks.jsonl')
  return {
    file,
    read: followHookLog(file),
    add: (text: string | Uint8Array) => appendFileSync(file, text),
  }
}

describe('followHookLog', () => {
  it('adds up what hooks say', async () => {
    const log = openLog()
    expect(await log.read()).toEqual(noActivity)
    log.add(line('SessionStart', { transcript_path: '/t' }))
    expect(await log.read()).toMatchObject({ isReady: true, isBusy: false, transcript: '/t' })
    log.add(prompt('one') + line('PreToolUse', { tool_name: 'Bash' }))
    expect(await log.read()).toMatchObject({ isBusy: true, acceptedPrompts: ['one'] })
    log.add(line('Stop') + prompt('two'))
    expect(await log.read()).toMatchObject({
      isBusy: true,
      acceptedPrompts: ['one', 'two'],
      transcript: '/t',
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
      expect((await one.read()).acceptedPrompts).toEqual([])
      one.add(bytes.subarray(cut))
      expect((await one.read()).acceptedPrompts).toEqual(['ein Gruß an 漢字 🎉'])
      expect((await one.read()).acceptedPrompts).toHaveLength(1)
    }
    log.add(whole + whole.slice(0, 9))
    expect((await log.read()).acceptedPrompts).toHaveLength(1)
  })

  it('garbage between lines hides none of them', async () => {
    const log = openLog()
    log.add('not JSON\n\n{}\nnull\n[1]\n"x"\n{"hook_event_name":"NoSuch"}\n')
    log.add(Buffer.from([0x00, 0xff, 0xfe, 0x0a]))
    log.add(`{"hook_event_name":"UserPromptSubmit","prompt":7}\n${prompt('good')}`)
    expect((await log.read()).acceptedPrompts).toEqual(['', 'good'])
  })

  it('starts anew when the log was moved away, even by one of the same length', async () => {
    const log = openLog()
    log.add(line('SessionStart') + prompt('old'))
    await log.read()
    renameSync(log.file, `${log.file}.1`)
    expect(await log.read()).toEqual(noActivity)
    log.add(line('SessionStart') + prompt('new'))
    expect((await log.read()).acceptedPrompts).toEqual(['new'])
    renameSync(log.file, `${log.file}.2`)
    log.add(line('SessionStart') + prompt('mew'))
    expect((await log.read()).acceptedPrompts).toEqual(['mew'])
  })

  it('starts anew when the log was cut short', async () => {
    const log = openLog()
    log.add(prompt('a long one that was there before'))
    await log.read()
    truncateSync(log.file, 0)
    log.add(prompt('new'))
    expect((await log.read()).acceptedPrompts).toEqual(['new'])
  })

  it('reads a log of many megabytes, and past a line of many', async () => {
    const log = openLog()
    const many = Array.from({ length: 30 }, (_, n) =>
      line('PreToolUse', { n, pad: 'é'.repeat(200_000) }),
    )
    log.add(`${many.join('')}${prompt('after')}`)
    expect((await log.read()).acceptedPrompts).toEqual(['after'])
    log.add(`${'x'.repeat(9 * 1024 * 1024)}\n${prompt('later')}`)
    expect((await log.read()).acceptedPrompts).toEqual(['after', 'later'])
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
      expect((await log.read()).acceptedPrompts).toEqual(['x'])
    },
    5_000,
  )
})

it('a new prompt ends a failure and a wish for a permission', () => {
  const after = [
    line('UserPromptSubmit', { prompt: 'a' }),
    line('PermissionRequest', { tool_name: 'Bash' }),
    line('StopFailure', { error: 'rate_limit', last_assistant_message: 'limit' }),
  ]
    .flatMap((text) => parseHook(text) ?? [])
    .reduce(applyHook, noActivity)
  expect(after).toMatchObject({
    isBusy: false,
    permissionWanted: 'Bash',
    failure: { error: 'rate_limit', message: 'limit' },
  })
  const hook = parseHook(prompt('b'))
  expect(hook && applyHook(after, hook)).toMatchObject({
    isBusy: true,
    permissionWanted: undefined,
    failure: undefined,
    acceptedPrompts: ['a', 'b'],
  })
})

it('what a hook says is bounded', () => {
  const hook = parseHook(line('StopFailure', { last_assistant_message: 'x'.repeat(1_000_000) }))
  expect(hook?.lastMessage.length).toBeLessThanOrEqual(2_000)
})
