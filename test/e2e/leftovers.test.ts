import { spawn } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { registerArgs } from '../support/builds.ts'
import { type CliLab, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { findLeftovers } from '../support/leftovers.ts'
import { deployFirst, hasEnded } from '../support/sessions.ts'

/** A process outside every tree that carries no mark of its session until it is told to come back. */
function hide(lab: CliLab): { pid: number; comeBack(): void } {
  const gate = join(lab.root, `gate-${Math.random()}`)
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `trap '' TERM HUP; until [ -e "$1" ]; do sleep 0.05; done
       exec env TMUX_BUILDER_HOME="$2" TMUX_BUILDER_SESSION="$3" TMUX_BUILDER_WINDOW=agent sleep 1000`,
      'hidden',
      gate,
      lab.home,
      guid,
    ],
    { env: { PATH: process.env.PATH ?? '' }, detached: true, stdio: 'ignore' },
  )
  child.unref()
  onTestFinished(() => void child.kill('SIGKILL'))
  return { pid: child.pid ?? 0, comeBack: () => writeFileSync(gate, '') }
}

test.runIf(isFull)(
  'what hid itself from a stop and comes back is ended before the next build begins, and by the next stop',
  async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    for (const endIt of [['stop', guid], registerArgs({}, '--rebuild'), ['archive', guid]]) {
      const hidden = hide(lab)
      await lab.run(['stop', guid])
      expect(hasEnded(hidden.pid)).toBe(false)
      expect(findLeftovers(lab.root)).toEqual([])
      hidden.comeBack()
      await waitFor('what comes back', () =>
        readFileSync(`/proc/${hidden.pid}/environ`, 'utf8').includes(guid),
      )
      expect((await lab.run(endIt)).code).toBe(0)
      expect(hasEnded(hidden.pid)).toBe(true)
    }
    expect(findLeftovers(lab.root)).toEqual([])
  },
)

/** What processes of ours leave that are killed before they have renamed or pasted it. */
function leaveHalfDone(lab: CliLab) {
  const folder = lab.folderOf(guid)
  const temporary = ['.', 'prompts', 'agent', 'workspace'].map((name) =>
    join(folder, name, '.0123456789abcdef.tmp'),
  )
  for (const file of temporary) writeFileSync(file, 'half')
  const live = join(folder, 'site', '.live-0123456789ab')
  symlinkSync('7', live)
  const part = join(folder, 'site', '7.part')
  mkdirSync(part)
  // What is not ours by its name is nobody's to remove.
  const agents = ['workspace/.cache.tmp', 'workspace/code/.0123456789abcdef.tmp', 'site/live']
  for (const name of agents.slice(0, 2)) writeFileSync(join(folder, name), 'mine')
  return { temporary, site: [live, part], agents: agents.map((name) => join(folder, name)) }
}

const existing = (files: readonly string[]) =>
  files.filter((file) => lstatSync(file, { throwIfNoEntry: false }))

test.runIf(isFull)(
  'what was killed half-way leaves no file and no buffer: gone with the next build’s end, at the latest with a stop',
  async () => {
    const lab = openCliLab()
    await deployFirst(lab)
    await lab.tmux('new-session', '-d', '-s', 'neighbour', 'sleep 600')
    const left = leaveHalfDone(lab)
    const buffers = async () =>
      (await lab.tmux('list-buffers', '-F', '#{buffer_name}')).split('\n').filter(Boolean)
    const own = `tb-${guid.slice(0, 8)}-1-1-2`
    const theirs = ['tb-99999999-1-1-2', 'mine']
    for (const name of [own, ...theirs]) await lab.tmux('set-buffer', '-b', name, 'a line')
    await lab.run(registerArgs({}, '--rebuild'))
    await waitFor('the files’ end', () => existing(left.temporary).length === 0)
    await waitFor('the buffer’s end', async () => !(await buffers()).includes(own))
    expect((await buffers()).toSorted()).toEqual(theirs.toSorted())
    // A living agent may be deploying.
    expect(existing(left.site)).toEqual(left.site)
    await lab.tmux('set-buffer', '-b', own, 'a line')
    await lab.run(['stop', guid])
    expect(existing(left.site)).toEqual([])
    expect((await buffers()).toSorted()).toEqual(theirs.toSorted())
    expect(existing(left.agents)).toEqual(left.agents)
  },
)

test('gc removes folders that were made aside and never became a session, not those that are being made', async () => {
  const lab = openCliLab()
  await deployFirst(lab)
  const [old, young, other] = ['.4f9018537163-0123456789ab', '.4f9018537163-0123456789ac', '.mine']
    .map((name) => join(lab.home, 'sessions', name))
    .map((path) => {
      mkdirSync(join(path, 'workspace'), { recursive: true })
      return path
    })
  for (const path of [old, other]) utimesSync(path as string, 1, 1)
  expect((await lab.run(['gc'])).stdout).toBe('archived 0\n')
  expect(existing([old, young, other] as string[])).toEqual([young, other])
  rmSync(young as string, { recursive: true })
})
