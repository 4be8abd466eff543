import { expect, it } from 'vitest'
import { parsePanes } from '../../../src/tmux/panes.ts'

const line = (change: Partial<Record<number, string>> = {}) =>
  Object.values({
    ...['tmux_builder_a', 'agent', '%3', '123', '0', '', '', '1700000000'],
    8: 'id:pasted',
    9: '/home x',
    ...change,
  }).join('\t')

it('reads a living pane', () => {
  expect(parsePanes(`${line()}\n`)).toEqual([
    {
      session: 'tmux_builder_a',
      window: 'agent',
      id: '%3',
      pid: 123,
      isDead: false,
      exitStatus: null,
      exitSignal: null,
      sessionCreated: 1_700_000_000,
      prompt: 'id:pasted',
      home: '/home x',
    },
  ])
})

it('reads how a pane died, and that tmux missed it', () => {
  expect(
    parsePanes([line({ 4: '1', 5: '137' }), line({ 4: '1', 6: '9' }), line({ 4: '1' })].join('\n')),
  ).toMatchObject([
    { isDead: true, exitStatus: 137, exitSignal: null },
    { isDead: true, exitStatus: null, exitSignal: '9' },
    { isDead: true, exitStatus: null, exitSignal: null },
  ])
})

it('an exit status of 0 is a status', () => {
  expect(parsePanes(line({ 4: '1', 5: '0' }))).toMatchObject([{ exitStatus: 0 }])
})

it('nothing is no pane', () => {
  expect(parsePanes('')).toEqual([])
  expect(parsePanes('\n')).toEqual([])
})
