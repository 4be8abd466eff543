import { expect, it } from 'vitest'
import { parsePanes } from '../../../src/tmux/panes.ts'

const line = (change: Partial<Record<number, string>> = {}) =>
  Object.values({
    ...['tmux_builder_a', 'agent', '%3', '123', '0', '', '', '1700000000'],
    8: 'a',
    9: 'id:pasted',
    10: '/home x',
    11: 'title',
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
      guid: 'a',
      prompt: 'id:pasted',
      home: '/home x',
      title: 'title',
    },
  ])
})

it('a title keeps its tabs and moves nothing', () => {
  const [pane] = parsePanes(line({ 11: '⠋ a\tb\t%9\tc' }))
  expect(pane).toMatchObject({ title: '⠋ a\tb\t%9\tc', home: '/home x', id: '%3' })
})

it('a title may be empty', () => {
  expect(parsePanes(line({ 11: '' }))).toMatchObject([{ title: '', home: '/home x' }])
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
