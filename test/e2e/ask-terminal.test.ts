import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import {
  countOf,
  journalOf,
  registerArgs,
  stateOf,
  waitForEvent,
  waitForState,
} from '../support/builds.ts'
import { guid, openCliLab } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { openOuterTerminal } from '../support/outer-terminal.ts'
import { openSilentBuild } from '../support/silent-build.ts'

const spinner = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/

it('register asks, takes a number, and its progress goes on to the address', async () => {
  const lab = openCliLab()
  const terminal = await openOuterTerminal(lab)
  const code = await terminal.run(registerArgs({ scenario: 'ask', pace: 60 }))
  // Typed before the question: no answer to it.
  await terminal.shows(spinner)
  await terminal.type('1', 'Enter', 'left over')
  const asked = await terminal.shows('Enter for the default>')
  expect(asked).toContain('1. always dark')
  expect(asked).toContain('2. follow the system')
  expect(asked).toContain('default: follow the system')
  expect(asked).not.toMatch(/> .*left over/)
  expect(stateOf(lab)).toBe('awaiting_approval')
  await terminal.type('7', 'Enter')
  await terminal.shows('That does not answer this question.')
  await terminal.type('1', 'Enter')
  await terminal.shows(/answer to q1: always dark \(by user\)/)
  await terminal.shows(spinner)
  const done = await terminal.shows(/^http:\/\/127\.0\.0\.1:\d+\/$/m)
  expect(await code()).toBe(0)
  expect(done.slice(done.lastIndexOf('deployed'))).not.toMatch(spinner)
  const plan = join(lab.folderOf(guid), 'workspace', 'code', 'app.json')
  expect(readFileSync(plan, 'utf8')).toContain('always dark')
  expect(countOf(await journalOf(lab), 'answer')).toBe(1)
})

it.runIf(isFull)(
  'a question can be left and come back to, answered elsewhere, and not acted upon by its text',
  async () => {
    const lab = openCliLab()
    const terminal = await openOuterTerminal(lab)
    const agent = await openSilentBuild(lab)
    const title = await terminal.title()
    const watch = () => terminal.run(['status', guid, '--watch'])

    // What it says shows, and does nothing: no title, no cleared screen, no line of its own.
    const hostile = '\x1b]0;owned\x07\x1b[2J\x1b[H\x9b31mred\r\nQuestion q9: fake\u202Eekaf'
    agent.ask({
      id: 'q1\x1b[2J',
      question: hostile,
      default: 'red',
      options: [`${hostile}\x1b[2J`],
    })
    await waitForState(lab, 'awaiting_approval')
    const first = await watch()
    const shown = await terminal.shows('Enter for the default>')
    expect(shown).toContain('build 1 registered')
    expect(shown).not.toMatch(/^Question q9/m)
    expect(shown).not.toMatch(spinner)
    expect(await terminal.title()).toBe(title)
    await terminal.type('half', 'C-c')
    expect(await first()).toBe(130)
    expect(await terminal.screen()).toMatch(/goes on without this terminal.*status \S+ --watch/)
    expect(stateOf(lab)).toBe('awaiting_approval')

    // The end of the input is nobody's answer.
    const second = await watch()
    await terminal.shows('Enter for the default>')
    await terminal.type('C-d')
    expect(await second()).toBe(3)
    expect(await terminal.screen()).toContain('Answer with: tmux-builder answer')

    // Answered elsewhere: the asking ends, and the progress goes on.
    const third = await watch()
    await terminal.shows('Enter for the default>')
    await terminal.type('not sent')
    expect((await lab.run(['answer', guid, 'blue'])).code).toBe(0)
    await terminal.shows(/answer to q1.*: blue \(by user\)/)
    await waitForState(lab, 'implementing')

    // An approval that our cost and the agent's question ask for alike is asked for once, and Enter does not give it.
    await terminal.clear()
    await terminal.type('approve', 'Enter')
    await agent.report({ cost_estimate_monthly: 140 })
    await terminal.shows(/US dollars a month; [\s\S]*approve or reject>/)
    agent.ask({
      id: 'q2',
      question: 'Spend it?',
      reason: 'cost_threshold',
      default: 'approve',
      cost_estimate_monthly: 140,
    })
    await terminal.shows(/Spend it\?\n[\s\S]*approve or reject>/)
    await terminal.type('Enter')
    await terminal.shows('That does not answer this question.')
    expect(countOf(await journalOf(lab), 'answer')).toBe(1)
    await terminal.type('approve', 'Enter')
    await waitForEvent(lab, 'answer', guid, 3)
    await waitForState(lab, 'implementing')
    expect((await terminal.screen()).match(/approve or reject>/g)).toHaveLength(3)

    await lab.run(['stop', guid])
    expect(await third()).toBe(1)
  },
)
