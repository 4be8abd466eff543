import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { renderSettings } from '../../../../src/agents/claude/claude-settings.ts'

const exec = promisify(execFile)

const makeLog = (name = 'hooks.jsonl') => {
  const log = join(mkdtempSync(join(tmpdir(), 'settings-')), name)
  writeFileSync(log, '', { mode: 0o600 })
  return log
}

const commandOf = (log: string, hook: string): string =>
  JSON.parse(renderSettings(log, '/usage.json')).hooks[hook][0].hooks[0].command

const runHook = (log: string, hook: string, input: string, shell = '/bin/sh') =>
  spawnSync(shell, ['-c', commandOf(log, hook)], { input, encoding: 'utf8' })

describe('the settings for Claude Code', () => {
  it('keep every question away that nobody would answer', () => {
    const { permissions, promptSuggestionEnabled } = JSON.parse(
      renderSettings('/log', '/usage.json'),
    )
    expect(permissions.deny).toEqual(['AskUserQuestion', 'EnterPlanMode', 'ExitPlanMode'])
    expect(promptSuggestionEnabled).toBe(false)
  })

  it('name a model only when one is wanted', () => {
    expect(JSON.parse(renderSettings('/log', '/usage.json'))).not.toHaveProperty('env')
    const named = JSON.parse(renderSettings('/log', '/usage.json', 'a "model"'))
    expect(named).toMatchObject({ model: 'a "model"', env: { ANTHROPIC_MODEL: 'a "model"' } })
  })

  it.each(['/bin/sh', '/bin/bash'])(
    'append to a log whose name is hostile to a shell (%s)',
    (shell) => {
      const log = makeLog(`it's "$(touch x)" \`y\` #{pid} ü;&|*.jsonl`)
      const line = '{"hook_event_name":"SessionStart"}\n'
      for (const hook of ['SessionStart', 'PreToolUse'])
        expect(runHook(log, hook, line, shell)).toMatchObject({ status: 0, stdout: '', stderr: '' })
      expect(readFileSync(log, 'utf8')).toBe(`${line}{"hook_event_name":"PreToolUse"}\n`)
    },
  )

  it('keep of a tool hook its name alone, and read all of its input', () => {
    const log = makeLog()
    const result = runHook(log, 'PostToolUse', `${JSON.stringify({ big: 'x'.repeat(3e6) })}\n`)
    expect(result).toMatchObject({ status: 0, stderr: '' })
    expect(result.error).toBeUndefined()
    expect(readFileSync(log, 'utf8')).toBe('{"hook_event_name":"PostToolUse"}\n')
  })

  it('never say anything and never fail, even without a log to write to', () => {
    for (const hook of ['Stop', 'PreToolUse']) {
      const { status, stdout } = runHook('/nonexistent/hooks.jsonl', hook, '{}\n')
      expect([hook, status, stdout]).toEqual([hook, 0, ''])
    }
  })

  it('append lines longer than any pipe whole, though many hooks run at once', async () => {
    const log = makeLog()
    const command = commandOf(log, 'Stop')
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const child = exec('/bin/sh', ['-c', command])
        child.child.stdin?.end(`${JSON.stringify({ index, text: 'ü'.repeat(150_000) })}\n`)
        return child
      }),
    )
    const lines = readFileSync(log, 'utf8').trimEnd().split('\n')
    const found = lines.map((line) => JSON.parse(line).index).sort((a, b) => a - b)
    expect(found).toEqual(Array.from({ length: 12 }, (_, index) => index))
  })
})
