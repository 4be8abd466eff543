import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { listPanes } from '../../src/tmux/panes.ts'
import { launchOnce, pasteOnce, sendEnter, sentHow } from '../../src/tmux/send-once.ts'
import { createSession } from '../../src/tmux/windows.ts'
import { waitFor } from '../support/cli-lab.ts'
import { openTmuxLab } from '../support/tmux-lab.ts'

const guid = 'ef'.repeat(32)

/** A pane whose program asks for bracketed paste and writes every byte that it gets into a file. */
async function openListener({ brackets = true } = {}) {
  const lab = openTmuxLab()
  const home = join(lab.folder, 'home')
  mkdirSync(home)
  const [agentScript, heardFile, startsFile] = ['agent.sh', 'heard', 'starts'].map((name) =>
    join(home, name),
  ) as [string, string, string]
  await createSession(lab.world, lab.server, {
    guid,
    home,
    agentScript,
    supervisorScript: join(home, 's.sh'),
  })
  writeFileSync(
    agentScript,
    `echo start >> '${startsFile}'
     exec ${process.execPath} -e '
      const fs = require("node:fs")
      process.stdin.setRawMode(true)
      ${brackets ? 'process.stdout.write("\\u001b[?2004h")' : ''}
      process.stdin.on("data", (bytes) => fs.appendFileSync("${heardFile}", bytes))
      setTimeout(() => fs.writeFileSync("${heardFile}", ""), 50)'`,
  )
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  }
  const pane = async () => {
    const found = (await listPanes(lab.world, lab.server)).find((one) => one.window === 'agent')
    if (!found) throw new Error('no pane')
    return found
  }
  const launch = async (id: string) =>
    launchOnce(lab.world, lab.server, (await pane()).id, id, join(home, 'log'))
  await launch('first')
  await waitFor('it listens', () => {
    try {
      return readFileSync(heardFile, 'utf8') === ''
    } catch {
      return false
    }
  })
  return {
    lab,
    pane,
    launch,
    heard: () => read(heardFile),
    starts: () => read(startsFile).split('\n').length - 1,
    paste: async (id: string, text: string) =>
      pasteOnce(lab.world, lab.server, (await pane()).id, id, text),
  }
}

const bracketed = (text: string) => `\u001b[200~${text}\u001b[201~`

it('a text is pasted once, however often it is sent; tmux remembers', async () => {
  const { pane, paste, heard } = await openListener()
  for (let n = 0; n < 3; n++) await paste('p-1', 'hello')
  await waitFor('the text', () => heard() === bracketed('hello'))
  expect(sentHow((await pane()).prompt, 'p-1')).toBe('pasted')
  await paste('p-2', 'again')
  await waitFor('the next', () => heard() === bracketed('hello') + bracketed('again'))
  expect(sentHow((await pane()).prompt, 'p-1')).toBeUndefined()
})

it('senders at the same time paste it once', async () => {
  const { paste, heard, lab } = await openListener()
  await Promise.allSettled(Array.from({ length: 6 }, () => paste('p-1', 'hello')))
  await paste('p-2', 'end')
  await waitFor('the end', () => heard().endsWith(bracketed('end')))
  expect(heard()).toBe(bracketed('hello') + bracketed('end'))
  expect(await lab.tmux('list-buffers')).toBe('')
})

it('a script is started once for a delivery, and again for the next', async () => {
  const { launch, starts, pane } = await openListener()
  for (let n = 0; n < 3; n++) await launch('first')
  expect(starts()).toBe(1)
  expect(sentHow((await pane()).prompt, 'first')).toBe('launched')
  await launch('second')
  await waitFor('the second start', () => starts() === 2)
})

it.each([
  ['lines', 'a\nb\n\nc'],
  ['what tmux and shells read', '#{pane_id} $(id) `id` \'"\\ ; % ! ~ -n'],
  ['a trailing semicolon', 'go on;'],
  ['a leading dash', '-t %0'],
  ['unicode', '漢字 🎉 é \u200d'],
  ['202 KB', `${'0123456789abcdef\n'.repeat(12_000)}end`],
])('%s arrive byte for byte', async (_name, text) => {
  const { paste, heard } = await openListener()
  await paste('p-1', text)
  await waitFor('all of it', () => heard().length >= bracketed(text).length)
  expect(heard()).toBe(bracketed(text))
})

it('an end mark and other controls in the text end nothing early', async () => {
  const { paste, heard } = await openListener()
  await paste('p-1', 'a\u001b[201~\rb\u0003\u0004c')
  await waitFor('all of it', () => heard().endsWith('\u001b[201~'))
  expect(heard()).toBe(bracketed('a[201~\nbc'))
})

it('line ends do not submit where the program did not ask for brackets', async () => {
  const { paste, heard } = await openListener({ brackets: false })
  await paste('p-1', 'a\nb')
  await waitFor('the text', () => heard() === 'a\nb')
})

it('a pane in copy mode gets it too', async () => {
  const { lab, pane, paste, heard } = await openListener()
  const { id } = await pane()
  await lab.tmux('copy-mode', '-t', id)
  expect(await lab.tmux('display-message', '-p', '-t', id, '#{pane_in_mode}')).toBe('1')
  await paste('p-1', 'hello')
  await waitFor('the text', () => heard() === bracketed('hello'))
})

it('Enter is a call of its own', async () => {
  const { lab, pane, paste, heard } = await openListener()
  await paste('p-1', 'hello')
  await sendEnter(lab.world, lab.server, (await pane()).id)
  await waitFor('Enter', () => heard() === `${bracketed('hello')}\r`)
})

it('Enter reaches a pane in copy mode: somebody scrolled meanwhile', async () => {
  const { lab, pane, paste, heard } = await openListener()
  await paste('p-1', 'hello')
  const { id } = await pane()
  await lab.tmux('copy-mode', '-t', id)
  await sendEnter(lab.world, lab.server, id)
  await waitFor('Enter', () => heard() === `${bracketed('hello')}\r`)
  expect(await lab.tmux('display-message', '-p', '-t', id, '#{pane_in_mode}')).toBe('0')
})

it('only ids of ours come into a tmux command', async () => {
  const { paste, launch, heard } = await openListener()
  for (const id of ['a b', 'a;kill-server', '#{x}', 'A', ''])
    await expect(paste(id, 'x')).rejects.toThrow('unsafe')
  await expect(launch('$(id)')).rejects.toThrow('unsafe')
  expect(heard()).toBe('')
})
