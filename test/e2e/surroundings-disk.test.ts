import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test as bareTest, expect, onTestFinished } from 'vitest'
import { findWindowProcesses, killNow } from '../support/builds.ts'
import {
  type CliLab,
  demoFlags,
  guid,
  identityFlags,
  openCliLab,
  parseLines,
  waitFor,
} from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { refusalProblems } from '../support/refusal.ts'

const registerAs = (pace: number, scenario = 'ok') => [
  'register',
  ...identityFlags,
  ...demoFlags(scenario),
  '--agent-option',
  `pace=${pace}`,
  '--request',
  'Build a todo app',
]
const address = /^http:\/\/127\.0\.0\.1:\d+\/\n$/

/** A disk of its own for the home, of that many kilobytes; `undefined`: this machine does not let us mount one. */
function mountHome(lab: CliLab, kilobytes: number): string | undefined {
  mkdirSync(lab.home, { recursive: true })
  try {
    execFileSync(
      'mount',
      ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0700`, 'tmpfs', lab.home],
      { stdio: 'ignore' },
    )
  } catch {
    return undefined
  }
  onTestFinished(() => void execFileSync('umount', ['--lazy', lab.home]))
  return join(lab.home, 'ballast')
}

const canMount = (() => {
  try {
    mkdirSync('/tmp/tb-mount-probe', { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/tmp/tb-mount-probe'], {
      stdio: 'ignore',
    })
    execFileSync('umount', ['/tmp/tb-mount-probe'])
    return true
  } catch {
    return false
  } finally {
    rmSync('/tmp/tb-mount-probe', { recursive: true, force: true })
  }
})()
if (!canMount)
  console.warn(
    'SKIPPED: no small disk can be mounted here (root is needed): full disks are not tested',
  )
const test = bareTest.runIf(canMount)

/** Takes what is left on the disk, but for that many bytes. */
function fill(ballast: string, spareBytes: number): void {
  const { bavail, bsize } = statfsSync(join(ballast, '..'))
  try {
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - spareBytes)))
  } catch (error) {
    // Somebody else wrote meanwhile: full is full.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/** The window says so: the records cannot. */
const untilItWaits = (lab: CliLab) =>
  waitFor('a supervisor that waits for room', async () =>
    /still waiting: .*disk is full/.test(
      await lab
        .tmux('capture-pane', '-pJ', '-t', `=tmux_builder_${guid}:supervisor`)
        .catch(() => ''),
    ),
  )

const spares = isFull ? [0, 8, 40, 80, 160, 320] : [0, 40]

test.each(spares.map((kilobytes) => [kilobytes]))(
  'a disk with %i KB left before register: done, or a sentence; after room was made the same command goes on',
  async (spare) => {
    const lab = openCliLab()
    const ballast = mountHome(lab, 4096) as string
    fill(ballast, spare * 1024)
    const first = await lab.run([...registerAs(0), '--detach'])
    if (first.code !== 0) {
      expect(refusalProblems(first, 5, /disk is full|did not start within/)).toEqual([])
      expect(first.stdout).toBe('')
    }
    rmSync(ballast)
    const done = await lab.run(registerAs(0))
    expect(done, `first: ${first.stderr}`).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(address),
    })
    const events = parseLines((await lab.run(['events', guid, '--json'])).stdout)
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
    expect(events.filter((event) => event.type === 'registered')).toHaveLength(1)
    expect(events.filter((event) => event.type === 'deployed')).toHaveLength(1)
  },
)

bareTest.runIf(canMount && isFull)(
  'a disk that fills up while a question is open: no answer is half taken, and later the build goes on',
  async () => {
    const lab = openCliLab()
    const ballast = mountHome(lab, 8192) as string
    const asking = await lab.run(registerAs(0, 'ask'))
    expect(asking.code).toBe(3)
    const read = async () => parseLines((await lab.run(['events', guid, '--json'])).stdout)
    const before = await read()
    fill(ballast, 0)
    const refused = await lab.run(['answer', guid, 'blue'])
    if (refused.code !== 0) expect(refusalProblems(refused, 5, /disk is full/)).toEqual([])
    // A supervisor that only looks needs no room; one that is started now does.
    for (const pid of findWindowProcesses(lab, 'supervisor', 'supervise')) killNow(pid)
    await untilItWaits(lab)
    const during = await lab.run(['status', guid, '--json'])
    expect(during.stderr).not.toMatch(/\s+at /)
    expect([0, 5]).toContain(during.code)
    rmSync(ballast)
    expect((await read()).slice(0, before.length)).toEqual(before)
    if (refused.code !== 0) expect((await lab.run(['answer', guid, 'blue'])).code).toBe(0)
    const done = await lab.run(registerAs(0, 'ask'))
    expect(done, done.stderr).toMatchObject({ code: 0, stdout: expect.stringMatching(address) })
    const after = await read()
    expect(after.map((event) => event.seq)).toEqual(after.map((_, index) => index + 1))
    for (const type of ['registered', 'answer', 'deployed'])
      expect(
        after.filter((event) => event.type === type),
        type,
      ).toHaveLength(1)
  },
)

test('a disk that fills up under an agent at work, and has room again: nothing acknowledged is lost, no build is given up as ours', async () => {
  const lab = openCliLab()
  const ballast = mountHome(lab, 8192) as string
  expect((await lab.run([...registerAs(600), '--detach'])).code).toBe(0)
  const read = async () => parseLines((await lab.run(['events', guid, '--json'])).stdout)
  await waitFor('a report', async () => (await read()).some((event) => event.type === 'status'))
  fill(ballast, 0)
  const before = await read()
  await untilItWaits(lab)
  rmSync(ballast)
  await waitFor(
    'a supervisor',
    async () =>
      (await lab.json<{ alive: { supervisor: boolean } }>(['status', guid])).alive.supervisor,
  )
  const after = await read()
  expect(after.slice(0, before.length)).toEqual(before)
  expect(after.map((event) => event.seq)).toEqual(after.map((_, index) => index + 1))
  expect(after.filter((event) => event.type === 'registered')).toHaveLength(1)
  expect(after.filter((event) => event.type === 'failed')).toEqual([])
  // The demo agent itself may have given up: a new build in the same session needs no mending by hand.
  await lab.run(['stop', guid])
  expect(await lab.run(registerAs(0))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(address),
  })
})

bareTest.runIf(canMount && isFull)(
  'whoever watches while the disk is full is told, and can come back',
  async () => {
    const lab = openCliLab()
    const ballast = mountHome(lab, 8192) as string
    const watching = lab.start(registerAs(600))
    await waitFor('an agent', async () =>
      (await lab.run(['events', guid])).stdout.includes('agent ready'),
    )
    fill(ballast, 0)
    const told = await Promise.race([
      watching.done,
      new Promise<undefined>((settle) => setTimeout(settle, 60_000, undefined)),
    ])
    rmSync(ballast)
    expect(told, 'it never came back').toBeDefined()
    expect(told?.stderr).not.toMatch(/\s+at .*:\d+/)
    expect(told?.stderr).toMatch(/disk is full|cannot grow|failed \(/)
    await lab.run(['stop', guid])
    expect((await lab.run(registerAs(0))).code).toBe(0)
  },
)
