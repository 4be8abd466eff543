import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { endProcesses } from '../../../src/session/end-session.ts'
import {
  findSessionProcesses,
  isAlive,
  readProcessId,
  readProcessStat,
} from '../../../src/session/processes.ts'
import { type Child, startChild } from '../../support/children.ts'
import { waitFor } from '../../support/cli-lab.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const guid = 'ab'.repeat(32)

const environmentOf = (home: string, of = guid, window = 'agent') => ({
  PATH: process.env.PATH,
  TMUX_BUILDER_HOME: home,
  TMUX_BUILDER_SESSION: of,
  TMUX_BUILDER_WINDOW: window,
})

/** A shell that tells the pids of what it starts, itself first. */
async function startShell(script: string, env: Record<string, string | undefined>, pids: number) {
  const shell = startChild('/bin/sh', ['-c', `echo $$; ${script}`], env)
  const told: number[] = []
  while (told.length < pids) told.push(Number(await shell.nextLine()))
  return { shell, pids: told }
}

const pidsOf = (found: readonly { pid: number }[]) => found.map((one) => one.pid)

describe('findSessionProcesses', () => {
  it('finds the tree below a pane, the deepest first, whatever environment it has', async () => {
    const { pids } = await startShell(
      `env -i sh -c 'echo $$; sleep 60 & echo $!; wait' & wait`,
      { PATH: process.env.PATH },
      3,
    )
    const [top = 0, middle = 0, leaf = 0] = pids
    const found = pidsOf(findSessionProcesses({ guid, home: '/h' }, [top]))
    expect(found).toContain(middle)
    expect(found.indexOf(leaf)).toBeLessThan(found.indexOf(middle))
    expect(found.at(-1)).toBe(top)
  })

  it('finds one that was forked twice by its marker', async () => {
    const home = temporaryFolder()
    const { shell, pids } = await startShell(
      `(setsid sleep 60 >/dev/null & echo $!) ; exit`,
      environmentOf(home),
      2,
    )
    await shell.ended
    const lost = pids[1] ?? 0
    expect(readProcessStat(lost)?.parent).not.toBe(process.pid)
    const found = findSessionProcesses({ guid, home }, [])
    try {
      expect(pidsOf(found)).toEqual([lost])
      expect(pidsOf(findSessionProcesses({ guid, home, window: 'agent' }, []))).toEqual([lost])
      expect(findSessionProcesses({ guid, home, window: 'preview' }, [])).toEqual([])
    } finally {
      process.kill(lost, 'SIGKILL')
    }
  })

  it('leaves those of another home, of another session, and those that only mention one', async () => {
    const home = temporaryFolder()
    const strangers: Record<string, string | undefined>[] = [
      environmentOf(`${home}/other`),
      environmentOf(`${home}x`),
      environmentOf(home, `${guid.slice(0, -1)}0`),
      environmentOf(home, `${guid}0`),
      { PATH: process.env.PATH, NOTE: `TMUX_BUILDER_SESSION=${guid}`, TMUX_BUILDER_HOME: home },
      { PATH: process.env.PATH, TMUX_BUILDER_SESSION: guid },
    ]
    for (const env of strangers) await startShell('exec sleep 60', env, 1)
    // An argument is no environment.
    await startShell(
      `exec sh -c 'sleep 60; :' TMUX_BUILDER_SESSION=${guid}`,
      { PATH: process.env.PATH },
      1,
    )
    const ours = await startShell('exec sleep 60', environmentOf(home), 1)
    expect(pidsOf(findSessionProcesses({ guid, home }, []))).toEqual(ours.pids)
  })

  it('spares whoever asks, and its parents', async () => {
    const found = pidsOf(findSessionProcesses({ guid, home: '/h' }, [process.ppid]))
    expect(found).not.toContain(process.pid)
    expect(found).not.toContain(process.ppid)
  })
})

describe('endProcesses', () => {
  const statsOf = (...children: Child[]) =>
    children.flatMap((child) => {
      const stat = readProcessStat(child.pid)
      return stat && stat.state !== 'Z' ? [stat] : []
    })

  it('asks first, and waits for one that puts things in order', async () => {
    const child = startChild('/bin/sh', [
      '-c',
      'trap "echo tidy; exit" TERM; echo up; while :; do sleep 0.1; done',
    ])
    await child.nextLine()
    expect(await endProcesses(() => statsOf(child))).toBe(1)
    expect(await child.nextLine()).toBe('tidy')
  })

  it('kills one that ignores TERM, after 2 s', async () => {
    const child = startChild('/bin/sh', ['-c', 'trap "" TERM; echo up; exec sleep 60'])
    await child.nextLine()
    const id = readProcessId(child.pid)
    const start = Date.now()
    expect(await endProcesses(() => statsOf(child))).toBe(1)
    expect(isAlive(id)).toBe(false)
    expect(Date.now() - start).toBeGreaterThanOrEqual(1_900)
    expect(Date.now() - start).toBeLessThan(5_000)
  })

  it('ends a stopped one without waiting for the kill', async () => {
    const child = startChild('sleep', ['60'])
    child.process.kill('SIGSTOP')
    await waitFor('it stops', () => readProcessStat(child.pid)?.state === 'T')
    const start = Date.now()
    await endProcesses(() => statsOf(child))
    expect(child.process.signalCode ?? (await child.ended)).toBeTruthy()
    expect(Date.now() - start).toBeLessThan(1_800)
  })

  it('looks again for what was born meanwhile', async () => {
    const first = startChild('sleep', ['60'])
    const second = startChild('sleep', ['60'])
    const looks = [statsOf(first), statsOf(second)]
    expect(await endProcesses(() => looks.shift() ?? [])).toBe(2)
    await Promise.all([first.ended, second.ended])
  })

  it('never signals a pid that is another process by now', async () => {
    const child = startChild('sleep', ['60'])
    const [stat] = statsOf(child)
    if (!stat) throw new Error('no stat')
    const looks = [[{ ...stat, startTime: stat.startTime - 1 }]]
    await endProcesses(() => looks.shift() ?? [])
    await delay(100)
    expect(isAlive(readProcessId(child.pid))).toBe(true)
  })

  it('nothing to end is 0', async () => {
    expect(await endProcesses(() => [])).toBe(0)
  })
})

it('ends what lives through TERM and is another process every moment', async () => {
  const home = temporaryFolder()
  const script = join(home, 'hop.sh')
  writeFileSync(script, `trap '' TERM\nsleep 0.3\nsetsid sh "$0" >/dev/null 2>&1 &\n`)
  const { shell } = await startShell(
    `setsid sh ${script} >/dev/null 2>&1 &`,
    environmentOf(home),
    1,
  )
  await shell.ended
  const find = () => findSessionProcesses({ guid, home }, [])
  const first = pidsOf(find())
  await waitFor('another process', () => !pidsOf(find()).some((pid) => first.includes(pid)))
  expect(await endProcesses(find)).toBeGreaterThan(2)
  expect(find()).toEqual([])
})
