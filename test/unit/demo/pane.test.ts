import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import {
  demoArgs,
  demoProgram,
  hookNames,
  makePlace,
  type Place,
  readHooks,
  readTranscript,
  waitFor,
} from './demo-run.ts'

const isAlive = (pid: string | undefined) => {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}

/** The demo agent in a pane of a tmux server of its own, which is ended by its pid. */
async function openPane(place: Place, ...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'tb-'))
  const { TMUX: _, TMUX_PANE: __, ...env } = process.env
  const tmux = (command: readonly string[], input = '') =>
    execFileSync('tmux', ['-u', '-L', 'demo', '-f', '/dev/null', ...command], {
      env: { ...env, TMUX_TMPDIR: folder },
      input,
      encoding: 'utf8',
    }).trim()
  const program = [process.execPath, demoProgram, ...demoArgs(place), ...args]
  const made = [
    '-d',
    '-P',
    '-F',
    '#{pane_id} #{pid} #{pane_pid}',
    '-x',
    '100',
    '-y',
    '30',
    '-c',
    place.workspace,
  ]
  const [pane = '', server, agent] = tmux(['new-session', ...made, '--', ...program]).split(' ')
  onTestFinished(async () => {
    if (isAlive(server)) process.kill(Number(server), 'SIGTERM')
    await waitFor('server and agent to end', () => !isAlive(server) && !isAlive(agent))
    rmSync(folder, { recursive: true, force: true })
  })
  const show = (format: string) => tmux(['display-message', '-p', '-t', pane, format])
  await waitFor('the agent to be ready', () => hookNames(place).includes('SessionStart'))
  return {
    title: () => show('#{pane_title}'),
    screen: () => tmux(['capture-pane', '-p', '-t', pane]),
    enter: () => tmux(['send-keys', '-t', pane, 'Enter']),
    resize: (columns: number) => tmux(['resize-window', '-t', pane, '-x', String(columns)]),
    // Ours alone: the shell gets it as a word, and there is no # in it.
    pipe: (file: string) => tmux(['pipe-pane', '-t', pane, `exec cat >'${file}'`]),
    close: () => tmux(['kill-pane', '-t', pane]),
    paste(text: string, ...flags: string[]) {
      tmux(['load-buffer', '-b', 'x', '-'], text)
      tmux(['paste-buffer', '-d', '-b', 'x', '-t', pane, ...flags])
    },
    pasteAndEnter(text: string) {
      tmux(['load-buffer', '-b', 'x', '-'], text)
      const paste = ['paste-buffer', '-p', '-r', '-d', '-b', 'x', '-t', pane]
      tmux([...paste, ';', 'send-keys', '-t', pane, 'Enter'])
    },
  }
}

const prompts = (place: Place) =>
  readTranscript(place)
    .filter((entry) => entry.type === 'user')
    .map((entry) => entry.text)
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a bracketed paste and a separate Enter arrive exactly', async () => {
  const place = await makePlace()
  const pane = await openPane(place)
  expect(pane.title()).toBe('✳ demo')
  const text = `one\n\ttwo 'three' "$x" \`y\` ${'ä𝒳'.repeat(10_000)}\nend;`
  pane.paste(text, '-p', '-r')
  await waitFor('the paste', () => pane.screen().includes('› [Pasted text #1 +2 lines]'))
  expect(prompts(place)).toEqual([])
  pane.enter()
  await waitFor('the prompt', () => hookNames(place).includes('UserPromptSubmit'))
  expect(prompts(place)).toEqual([text])
  expect(readHooks(place).at(1)).toMatchObject({ prompt: text })
  await waitFor('the end of the turn', () => hookNames(place).includes('Stop'))
  expect(pane.title()).toBe('✳ demo')
})

test('pasted and Enter in one go: the Enter is lost, the text stays', async () => {
  const place = await makePlace()
  const pane = await openPane(place)
  pane.pasteAndEnter('in one go')
  await waitFor('the paste', () => pane.screen().includes('› in one go'))
  await pause(200)
  expect(prompts(place)).toEqual([])
  pane.enter()
  await waitFor('the prompt', () => prompts(place).length > 0)
  expect(prompts(place)).toEqual(['in one go'])
})

test('without bracketed paste every line is submitted', async () => {
  const place = await makePlace()
  const pane = await openPane(place)
  pane.paste('one\ntwo\n')
  await waitFor('both lines', () => prompts(place).length === 2)
  expect(prompts(place)).toEqual(['one', 'two'])
})

test('swallow-enter: the first Enter after a paste does nothing', async () => {
  const place = await makePlace()
  const pane = await openPane(place, '--scenario', 'swallow-enter')
  pane.paste('hello', '-p', '-r')
  await waitFor('the paste', () => pane.screen().includes('› hello'))
  pane.enter()
  await pause(200)
  expect(prompts(place)).toEqual([])
  pane.enter()
  await waitFor('the prompt', () => prompts(place).length > 0)
})

test('a braille character leads the title while busy', async () => {
  const place = await makePlace()
  const pane = await openPane(place, '--pace', '2000', '--', 'hello there')
  await waitFor('the busy title', () => /^[\u2801-\u28ff] /.test(pane.title()))
  await waitFor('the reply', () => pane.screen().includes('I am the demo agent'))
})

test('an idle agent is silent, and writes when the window changes its size', async () => {
  const place = await makePlace()
  const pane = await openPane(place)
  const log = join(place.state, 'pane.log')
  pane.pipe(log)
  await pause(300)
  const sizeOf = () => statSync(log, { throwIfNoEntry: false })?.size ?? 0
  expect(sizeOf()).toBe(0)
  pane.resize(99)
  await waitFor('a redraw', () => sizeOf() > 0, 1000)
})

test('a pane that is closed ends the agent in order', async () => {
  const place = await makePlace()
  const pane = await openPane(place)
  pane.close()
  await waitFor('the end', () => hookNames(place).includes('SessionEnd'))
  expect(readHooks(place).at(-1)).toMatchObject({ reason: 'other' })
})

test('/exit, typed or pasted, ends it', async () => {
  const place = await makePlace()
  const pane = await openPane(place)
  pane.paste('/exit', '-p', '-r')
  await waitFor('the paste', () => pane.screen().includes('› /exit'))
  pane.enter()
  await waitFor('the end', () => hookNames(place).includes('SessionEnd'))
  expect(readHooks(place).at(-1)).toMatchObject({ reason: 'prompt_input_exit' })
})
