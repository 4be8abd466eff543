import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { askToRedraw, listPanes, pipePaneCommand } from '../../src/tmux/panes.ts'
import { launchOnce } from '../../src/tmux/send-once.ts'
import { requireTmux } from '../../src/tmux/server.ts'
import { createSession } from '../../src/tmux/windows.ts'
import { waitFor } from '../support/cli-lab.ts'
import { hostileName, openTmuxLab, type TmuxLab } from '../support/tmux-lab.ts'

const guid = 'cd'.repeat(32)

async function openSession(lab: TmuxLab, home: string) {
  mkdirSync(home, { recursive: true })
  const agentScript = join(home, 'agent.sh')
  await createSession(lab.world, lab.server, {
    guid,
    home,
    agentScript,
    supervisorScript: join(home, 'supervisor.sh'),
  })
  const pane = (await listPanes(lab.world, lab.server)).find((one) => one.window === 'agent')
  if (!pane) throw new Error('no pane')
  return { pane, agentScript }
}

const read = (file: string) => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

it.each([
  hostileName,
  '#[bg=red]',
  '##[x]',
  '#{pane_id}',
  '#(touch owned)',
  '###{x}',
  '%Y%%m',
  "it's",
  '"$HOME"',
  'a;',
  'ü 漢 🎉',
  '~',
  '-n',
  'a\\b',
])('the log is written below a home named %j', async (name) => {
  const lab = openTmuxLab()
  const home = join(lab.folder, name)
  const { pane, agentScript } = await openSession(lab, home)
  expect(pane.home).toBe(home)
  const log = join(home, 'agent.log')
  writeFileSync(agentScript, 'echo "I am here"; exec sleep 600')
  await launchOnce(lab.world, lab.server, pane.id, 'id-1', log)
  await waitFor('its words in the log', () => read(log).includes('I am here'), 10_000)
  expect(statSync(log).mode & 0o777).toBe(0o600)
})

it('the log goes on where it was, and a second pipe takes the place of the first', async () => {
  const lab = openTmuxLab()
  const { pane, agentScript } = await openSession(lab, join(lab.folder, 'home'))
  const log = join(lab.folder, 'agent.log')
  writeFileSync(log, 'before\n')
  writeFileSync(agentScript, 'while read -r line; do echo "heard $line"; done')
  await launchOnce(lab.world, lab.server, pane.id, 'id-1', log)
  await requireTmux(lab.world, lab.server, [pipePaneCommand(pane.id, log)])
  await lab.tmux('send-keys', '-t', pane.id, '-l', 'you')
  await lab.tmux('send-keys', '-t', pane.id, 'Enter')
  await waitFor('its answer', () => read(log).includes('heard you'))
  expect(read(log)).toMatch(/^before\n/)
  expect(read(log).match(/heard you/g)).toHaveLength(1)
})

it('asked to redraw, a program sees its window change, types nothing and keeps its size', async () => {
  const lab = openTmuxLab()
  const { pane, agentScript } = await openSession(lab, join(lab.folder, 'home'))
  const log = join(lab.folder, 'agent.log')
  writeFileSync(
    agentScript,
    `exec ${process.execPath} -e '
      process.stdin.setRawMode(true)
      process.stdin.on("data", () => console.log("typed"))
      process.on("SIGWINCH", () => console.log("resized"))
      console.log("up")'`,
  )
  await launchOnce(lab.world, lab.server, pane.id, 'id-1', log)
  await waitFor('it runs', () => read(log).includes('up'))
  const sizeOf = async () =>
    lab.tmux(
      'display-message',
      '-p',
      '-t',
      pane.id,
      '#{window_width}x#{window_height} #{window-size}',
    )
  const before = await sizeOf()
  await askToRedraw(lab.world, lab.server, pane.id, async () => {
    await waitFor('it redraws', () => read(log).includes('resized'))
  })
  expect(await sizeOf()).toBe(before)
  expect(await lab.tmux('show-options', '-w', '-t', pane.id, 'window-size')).toBe('')
  expect(read(log)).not.toContain('typed')
})

it('the size comes back when the look fails', async () => {
  const lab = openTmuxLab()
  const { pane } = await openSession(lab, join(lab.folder, 'home'))
  const widthOf = () => lab.tmux('display-message', '-p', '-t', pane.id, '#{window_width}')
  const before = await widthOf()
  await expect(
    askToRedraw(lab.world, lab.server, pane.id, async () => {
      throw new Error('the look failed')
    }),
  ).rejects.toThrow('the look failed')
  expect(await widthOf()).toBe(before)
})
