import { execFile } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { ensureTrust, mergeTrust } from '../../../../src/agents/claude/trust.ts'
import type { AgentPlace } from '../../../../src/agents/profile.ts'

const exec = promisify(execFile)

let root: string
let config: string
const readConfig = () => JSON.parse(readFileSync(config, 'utf8'))

const placeOf = (session: string, environment: Record<string, string> = {}): AgentPlace => {
  const folder = join(root, 'sessions', session)
  mkdirSync(join(folder, 'workspace'), { recursive: true })
  mkdirSync(join(folder, 'agent'), { recursive: true })
  return {
    workspace: join(folder, 'workspace'),
    agentFolder: join(folder, 'agent'),
    promptsFolder: join(folder, 'prompts'),
    hookLog: join(folder, 'agent/hooks.jsonl'),
    settingsFile: join(folder, 'agent/settings.json'),
    usageFile: join(folder, 'agent/usage.json'),
    environment: { HOME: join(root, 'home'), ...environment },
    options: {},
  }
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'trust-'))
  mkdirSync(join(root, 'home'))
  config = join(root, 'home/.claude.json')
})

describe('trust', () => {
  it('is put beside all that is there', () => {
    const before = {
      numStartups: 7,
      projects: {
        '/other': { a: 1 },
        '/w': { allowedTools: ['x'], hasTrustDialogAccepted: false },
      },
      customApiKeyResponses: { approved: ['old'], rejected: ['bad'], more: 1 },
    }
    const key = `sk-${'a'.repeat(30)}`
    expect(mergeTrust(before, '/w', key)).toEqual({
      numStartups: 7,
      hasCompletedOnboarding: true,
      projects: {
        '/other': { a: 1 },
        '/w': {
          allowedTools: ['x'],
          hasTrustDialogAccepted: true,
          hasClaudeMdExternalIncludesApproved: false,
          hasClaudeMdExternalIncludesWarningShown: true,
        },
      },
      customApiKeyResponses: { approved: ['old', 'a'.repeat(20)], rejected: ['bad'], more: 1 },
    })
  })

  it('never approves a key that the user has refused', () => {
    const before = { customApiKeyResponses: { approved: [], rejected: ['k'.repeat(20)] } }
    expect(mergeTrust(before, '/w', 'k'.repeat(40))).toMatchObject(before)
  })

  it.each([['null'], ['[]'], ['7'], ['"x"']])('replaces fields of a wrong shape: %s', (json) => {
    const wrong = JSON.parse(json)
    const before = { projects: wrong, customApiKeyResponses: wrong }
    const merged = mergeTrust(before, '/w', 'k'.repeat(40))
    expect(merged).toMatchObject({ projects: { '/w': { hasTrustDialogAccepted: true } } })
    expect(merged.customApiKeyResponses).toEqual({ approved: ['k'.repeat(20)], rejected: [] })
  })

  it('makes a private file where there is none, and leaves no lock behind', async () => {
    const place = placeOf('a')
    await ensureTrust(place)
    expect(readConfig().projects[place.workspace].hasTrustDialogAccepted).toBe(true)
    expect(statSync(config).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(root, 'home'))).toEqual(['.claude.json'])
  })

  it('follows CLAUDE_CONFIG_DIR of the agent, keeps the mode, and does not write twice', async () => {
    const folder = join(root, 'config')
    mkdirSync(folder)
    config = join(folder, '.claude.json')
    writeFileSync(config, '\uFEFF{"__proto__":{"kept":1}}', { mode: 0o640 })
    const place = placeOf('a', { CLAUDE_CONFIG_DIR: folder })
    await ensureTrust(place)
    expect(readFileSync(config, 'utf8')).toContain('"__proto__"')
    const { mode, ino } = statSync(config)
    expect(mode & 0o777).toBe(0o640)
    await ensureTrust(place)
    expect(statSync(config).ino).toBe(ino)
  })

  it('keeps a link and replaces what it leads to', async () => {
    const real = join(root, 'dotfiles.json')
    writeFileSync(real, '{"mine":1}')
    symlinkSync(real, config)
    await ensureTrust(placeOf('a'))
    expect(lstatSync(config).isSymbolicLink()).toBe(true)
    expect(JSON.parse(readFileSync(real, 'utf8'))).toMatchObject({ mine: 1 })
    expect(readConfig().hasCompletedOnboarding).toBe(true)
  })

  it.each([[''], ['{"secret":"s3cr3t"'], ['[]'], ['null'], ['\0\0\0']])(
    'never overwrites a file that cannot be read: %j',
    async (text) => {
      writeFileSync(config, text)
      const error = await ensureTrust(placeOf('a')).catch((reason) => reason)
      expect(error).toMatchObject({ reason: 'not_ready' })
      expect(`${error.message} ${error.hint}`).toContain(config)
      expect(`${error.message} ${error.hint}`).not.toContain('s3cr3t')
      expect(readFileSync(config, 'utf8')).toBe(text)
    },
  )

  it('is given to no folder outside the session', async () => {
    const place = placeOf('a')
    const elsewhere = join(root, 'elsewhere/workspace')
    mkdirSync(dirname(elsewhere))
    renameSync(place.workspace, elsewhere)
    symlinkSync(elsewhere, place.workspace)
    await expect(ensureTrust(place)).rejects.toMatchObject({ reason: 'not_ready' })
    await expect(ensureTrust({ ...place, workspace: elsewhere })).rejects.toThrow(/workspace/)
    expect(() => lstatSync(config)).toThrow()
  })

  it('waits for a Claude Code that holds the lock, and takes over from a dead one', async () => {
    const lock = `${config}.lock`
    mkdirSync(lock)
    let isDone = false
    const done = ensureTrust(placeOf('a')).then(() => {
      isDone = true
    })
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(isDone).toBe(false)
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(lock, longAgo, longAgo)
    await done
    expect(readConfig().hasCompletedOnboarding).toBe(true)
  })

  it('of twenty processes at once is all kept, with what Claude Code wrote before', async () => {
    writeFileSync(config, JSON.stringify({ before: true, projects: { '/x': {} } }))
    const module = join(import.meta.dirname, '../../../../src/agents/claude/trust.ts')
    const places = Array.from({ length: 20 }, (_, index) => placeOf(`s${index}`))
    await Promise.all(
      places.map((place) =>
        exec(process.execPath, [
          '--input-type=module',
          '-e',
          `const { ensureTrust } = await import(${JSON.stringify(module)}); await ensureTrust(${JSON.stringify(place)})`,
        ]),
      ),
    )
    const { before, projects } = readConfig()
    expect(before).toBe(true)
    expect(Object.keys(projects).sort()).toEqual(
      ['/x', ...places.map((place) => place.workspace)].sort(),
    )
  })
})
