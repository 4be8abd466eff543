import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  countOf,
  journalOf,
  registerArgs,
  rowsOf,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, type RunOptions } from '../support/cli-lab.ts'
import { killServer, reboot } from '../support/losses.ts'
import { pidOf } from '../support/sessions.ts'

interface Diagnosis {
  readonly findings: readonly { check: string; is: string; message: string; hint: string | null }[]
  readonly at_boot: { readonly way: string; readonly install: string }
}

/** Builds here are the demo agent's. */
const asDemo = { TMUX_BUILDER_AGENT: 'demo' }
const doctor = (lab: CliLab, options?: RunOptions) => lab.json<Diagnosis>(['doctor'], options)
const badOf = ({ findings }: Diagnosis) =>
  findings.filter((one) => one.is === 'bad').map((one) => one.check)

/** Every record, and every file of the home with its content; how SQLite keeps the records is its own. */
const contentOf = (lab: CliLab) => ({
  records: ['sessions', 'builds', 'events'].map((table) => rowsOf(lab, `SELECT * FROM ${table}`)),
  files: readdirSync(lab.home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.db(-wal|-shm)?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
    .map((file) => [file, createHash('sha256').update(readFileSync(file)).digest('hex')]),
})

async function leaveSilentBuild(lab: CliLab) {
  expect((await lab.run(registerArgs({ scenario: 'hang' }, '--detach'))).code).toBe(0)
  await waitForState(lab, 'implementing')
}

/** A program of that name before all others. */
function withProgram(lab: CliLab, name: string, script: string) {
  const bin = join(lab.root, `bin-${name}`)
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o700 })
  return { ...asDemo, PATH: `${bin}${delimiter}${lab.env.PATH}` }
}

it('finds all well on a machine that is ready, and makes nothing', async () => {
  const lab = openCliLab()
  const done = await lab.run(['doctor'], { env: asDemo })
  expect(done.code, done.stdout).toBe(0)
  for (const check of ['node', 'tmux', 'home', 'agent demo'])
    expect(done.stdout).toContain(`ok    ${check}: `)
  expect(done.stdout).toMatch(/resume unfinished builds at boot/)
  expect(existsSync(lab.home)).toBe(false)
  await expect(lab.tmux('list-sessions')).rejects.toThrow()
})

describe('exits 5 and says what to do where', () => {
  it.each([
    ['tmux is too old', 'tmux', (lab: CliLab) => withProgram(lab, 'tmux', 'echo tmux 3.1c')],
    ['tmux is missing', 'tmux', (lab: CliLab) => ({ ...asDemo, PATH: join(lab.root, 'none') })],
    [
      'the home cannot be made',
      'home',
      (lab: CliLab) => {
        writeFileSync(join(lab.root, 'file'), '')
        return { ...asDemo, TMUX_BUILDER_HOME: join(lab.root, 'file', 'home') }
      },
    ],
    [
      'the records are damaged',
      'home',
      (lab: CliLab) => {
        mkdirSync(lab.home)
        writeFileSync(join(lab.home, 'tmux-builder.db'), 'no database at all, by no means')
        return asDemo
      },
    ],
    [
      'the settings are broken',
      'agents',
      (lab: CliLab) => {
        const folder = join(String(lab.env.HOME), '.config', 'tmux-builder')
        mkdirSync(folder, { recursive: true })
        writeFileSync(join(folder, 'config.yaml'), 'nonsense: 1\n')
        return {}
      },
    ],
    ['the agent is unknown', 'agents', () => ({ TMUX_BUILDER_AGENT: 'nobody' })],
    ['the agent is not installed', 'agent claude', () => ({ PATH: '/usr/bin:/bin' })],
  ])('%s', async (_name, check, prepare) => {
    const lab = openCliLab()
    const env: Record<string, string> = prepare(lab)
    const done = await lab.run(['doctor'], { env })
    expect(done.code, done.stderr).toBe(5)
    const found = await doctor(lab, { env })
    expect(badOf(found)).toEqual([check])
    const bad = found.findings.find((one) => one.is === 'bad')
    expect(done.stdout).toContain(`BAD   ${check}: ${bad?.message}\n      ${bad?.hint}\n`)
  })
})

it('finds the builds that nothing works on, and changes nothing', async () => {
  const lab = openCliLab()
  await leaveSilentBuild(lab)
  expect(badOf(await doctor(lab, { env: asDemo }))).toEqual([])
  await killServer(lab)
  const before = contentOf(lab)
  const found = await doctor(lab, { env: asDemo })
  expect(found.findings.find((one) => one.check === 'builds')).toMatchObject({
    is: 'bad',
    message: `build 1 of ${guid.slice(0, 12)} is implementing and has no supervisor`,
    hint: 'Resume it with: tmux-builder resume --all',
  })
  expect((await lab.run(['doctor'], { env: asDemo })).code).toBe(5)
  expect(contentOf(lab)).toEqual(before)
  await expect(lab.tmux('list-sessions')).rejects.toThrow()
  await lab.run(['stop', guid])
  expect((await lab.run(['doctor'], { env: asDemo })).code).toBe(0)
})

it('the line that it offers brings builds back at boot, as cron runs it', async () => {
  const lab = openCliLab({ subfolder: 'a b\'c"d %H %% $HOME $(id)' })
  await leaveSilentBuild(lab)
  reboot(lab, 'gone')
  const { at_boot } = await doctor(lab)
  // On a machine without systemd; the unit of the others is tested with the text's own rules.
  if (at_boot.way !== 'cron') return
  const line = at_boot.install.split('\n').find((one) => one.startsWith('@reboot ')) ?? ''
  const command = line.replace('@reboot ', '').replaceAll('\\%', '%')
  const env = { HOME: String(lab.env.HOME), LOGNAME: 'me', SHELL: '/bin/sh', PATH: '/usr/bin:/bin' }
  const done = spawnSync('/bin/sh', ['-c', command], { env, cwd: '/', encoding: 'utf8' })
  expect(done).toMatchObject({ status: 0, stdout: `${guid} build 1 continues\n`, stderr: '' })
  await waitForEvent(lab, 'agent_ready', guid, 2)
  expect(countOf(await journalOf(lab), 'resumed')).toBe(1)
  // The agent finds its tools.
  const environment = readFileSync(`/proc/${pidOf(lab, 'agent')}/environ`, 'utf8').split('\0')
  expect(environment).toContain(`PATH=${lab.env.PATH}`)
  await lab.run(['stop', guid])
})
