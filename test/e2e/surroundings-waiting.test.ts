import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  countOf,
  expectGapless,
  journalOf,
  registerArgs,
  rowsOf,
  stateOf,
  urlPattern,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'

const isRoot = process.getuid?.() === 0

const asRoot = (file: string, ...args: string[]) => {
  try {
    execFileSync(file, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Makes a folder read-only, for root too; returns what takes that back, `undefined` where this machine does not let us. */
function makeReadOnly(folder: string): (() => void) | undefined {
  if (!isRoot) {
    chmodSync(folder, 0o500)
    return () => chmodSync(folder, 0o700)
  }
  if (!asRoot('mount', '--bind', folder, folder)) return undefined
  let isMounted = true
  const unmount = () => {
    if (isMounted) execFileSync('umount', ['--lazy', folder])
    isMounted = false
  }
  onTestFinished(unmount)
  asRoot('mount', '-o', 'remount,bind,ro', folder)
  return unmount
}

const stateNow = (lab: CliLab) =>
  lab.json<{ waiting: string | null; alive: { supervisor: boolean } }>(['status', guid])

/** Waits until it waits, twice at least, so that one that counts this as a crash would have counted. */
async function untilItWaits(lab: CliLab): Promise<void> {
  await waitForEvent(lab, 'supervisor_waiting')
  await waitFor('a second try', async () =>
    (await lab.tmux('capture-pane', '-pJ', '-t', `=tmux_builder_${guid}:supervisor`)).includes(
      'still waiting',
    ),
  )
}

async function expectWaitedOnce(lab: CliLab) {
  const events = await journalOf(lab)
  expectGapless(events)
  expect(countOf(events, 'supervisor_waiting')).toBe(1)
  expect(events.filter(({ type, by }) => type === 'resumed' && by === 'supervisor')).toHaveLength(1)
  for (const type of ['failed', 'supervisor_started'])
    expect(countOf(events, type)).toBe(Number(type !== 'failed'))
  const log = readFileSync(join(lab.folderOf(guid), 'logs/supervisor.log'), 'utf8')
  expect(log.match(/waiting: /g)).toHaveLength(1)
  expect(log).not.toMatch(/\n\s+at /)
}

test.runIf(isFull)(
  'a folder that cannot be written for a while: the build waits, says so, and goes on by itself',
  async (context) => {
    const lab = openCliLab()
    const building = lab.start(registerArgs({ scenario: 'error-once' }, '--retry-delay', '2s'))
    await waitForState(lab, 'retrying')
    const mend = makeReadOnly(join(lab.folderOf(guid), 'prompts'))
    if (!mend) {
      await lab.run(['stop', guid])
      await building.done
      return context.skip('no folder can be made read-only here')
    }
    await untilItWaits(lab)
    expect(await stateNow(lab)).toMatchObject({
      waiting: expect.stringMatching(/prompts\/.* cannot be written \((EROFS|EACCES)\)/),
    })
    expect((await lab.run(['status', guid])).stderr).toMatch(/The build waits: .*cannot be written/)
    mend()
    const done = await building.done
    expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
    expect(done.stderr).toMatch(/supervisor is waiting: .*cannot be written/)
    expect(await stateNow(lab)).toMatchObject({ waiting: null })
    await expectWaitedOnce(lab)
  },
)

/** A tmux before the real one on the PATH, which refuses all while a file is there. */
function breakableTmux(lab: CliLab) {
  const folder = join(lab.root, 'bin')
  const broken = join(lab.root, 'broken')
  mkdirSync(folder)
  const real = execFileSync('/bin/sh', ['-c', 'command -v tmux'], { encoding: 'utf8' }).trim()
  writeFileSync(
    join(folder, 'tmux'),
    `#!/bin/sh\n[ -e '${broken}' ] && { echo 'protocol version mismatch' >&2; exit 1; }\nexec '${real}' "$@"\n`,
    { mode: 0o755 },
  )
  return {
    env: { PATH: `${folder}${delimiter}${lab.env.PATH}` },
    break: () => writeFileSync(broken, ''),
    mend: () => rmSync(broken),
  }
}

test.runIf(isFull)(
  'a tmux that refuses for a while, as after its update: waited for; the time limit ends that too',
  async () => {
    const lab = openCliLab()
    const tmux = breakableTmux(lab)
    const args = registerArgs({ scenario: 'error-once' }, '--retry-delay', '2s')
    const building = lab.start(args, { env: tmux.env })
    await waitForState(lab, 'retrying')
    tmux.break()
    await untilItWaits(lab)
    expect(await stateNow(lab)).toMatchObject({ waiting: expect.stringContaining('tmux refused') })
    tmux.mend()
    expect(await building.done).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(urlPattern),
    })
    await expectWaitedOnce(lab)

    const limited = lab.start(
      [...args, '--rebuild', '--timeout', '8s', '--max-attempts', '9'].map((word) =>
        word === 'scenario=error-once' ? 'scenario=hang' : word,
      ),
      { env: tmux.env },
    )
    await waitFor('the second build', () => stateOf(lab) === 'implementing')
    tmux.break()
    await waitFor('its time', () => clockOf(lab) >= 8_000)
    tmux.mend()
    expect((await limited.done).code).toBe(124)
  },
)

const clockOf = (lab: CliLab) =>
  rowsOf<{ clock_ms: number }>(lab, 'SELECT clock_ms FROM builds ORDER BY build DESC LIMIT 1')[0]
    ?.clock_ms ?? 0
