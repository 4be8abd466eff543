import { expect, it } from 'vitest'
import { pasteableText, sentHow } from '../../../src/tmux/send-once.ts'
import { isAbsence, tmuxArgs, tmuxEnvironment } from '../../../src/tmux/server.ts'
import {
  createSessionCommands,
  exactSession,
  exactWindow,
  windowCommand,
} from '../../../src/tmux/windows.ts'

const byName = { socket: { name: 'tb' }, configFile: '/c' }

it('calls the server by name until its socket is known', () => {
  expect(tmuxArgs(byName, [['a', 'b']])).toEqual(['-u', '-L', 'tb', '-f', '/c', 'a', 'b'])
  expect(tmuxArgs({ ...byName, socket: { path: '/s' } }, [['a']])).toEqual([
    '-u',
    '-S',
    '/s',
    '-f',
    '/c',
    'a',
  ])
})

it('puts several commands into one call', () => {
  expect(tmuxArgs(byName, [['a', '1'], ['b'], ['c']]).slice(5)).toEqual([
    'a',
    '1',
    ';',
    'b',
    ';',
    'c',
  ])
})

it.each([
  ['a;', 'a\\;'],
  [';', '\\;'],
  ['a\\;', 'a\\\\;'],
  ['a;b', 'a;b'],
  [';;', ';\\;'],
  ['a; ', 'a; '],
])('an argument %j goes to tmux as %j', (arg, expected) => {
  expect(tmuxArgs(byName, [['set-option', arg]]).at(-1)).toBe(expected)
})

it('every target of a new session is exact', () => {
  const commands = createSessionCommands({
    guid: 'abc',
    home: '/h',
    agentScript: '/a',
    supervisorScript: '/s',
  })
  const targets = commands.flatMap((c) => c.filter((_arg, index) => c[index - 1] === '-t'))
  expect(targets.length).toBe(commands.length - 1)
  expect(targets.every((target) => target === '=tmux_builder_abc:')).toBe(true)
  expect(exactSession('x')).toBe('=x')
  expect(exactWindow('x', 'agent')).toBe('=x:agent')
})

it('a window’s command holds the script as an argument and no shell text of ours but a constant', () => {
  const command = windowCommand("/odd 'path'/$(id)")
  expect(command.at(-1)).toBe("/odd 'path'/$(id)")
  expect(command.slice(0, -1).join(' ')).not.toContain('odd')
})

it('tmux sees a few harmless variables, never the keys or the outer tmux', () => {
  const seen = tmuxEnvironment({
    PATH: '/bin',
    HOME: '/h',
    TMUX: 'x',
    TMUX_PANE: '%1',
    ANTHROPIC_API_KEY: 'k',
    AWS_SECRET_ACCESS_KEY: 's',
    TMUX_BUILDER_EMAIL: 'e',
    SHELL: '/bin/zsh',
    TMUX_TMPDIR: '/t',
  })
  expect(seen).toEqual({
    PATH: '/bin',
    HOME: '/h',
    SHELL: '/bin/sh',
    TERM: 'dumb',
    TMUX_TMPDIR: '/t',
  })
})

it.each([
  ['a\r\nb\rc\nd', 'a\nb\nc\nd'],
  ['a\tb', 'a\tb'],
  ['x\u001b[201~y', 'x[201~y'],
  ['\u0000\u0007\u007f\u009b31mz', '31mz'],
  ['漢字 é 🎉', '漢字 é 🎉'],
  ['', ''],
])('pastes %j as %j', (text, expected) => {
  expect(pasteableText(text)).toBe(expected)
})

it.each([
  ['a-1:pasted', 'pasted'],
  ['a-1:launched', 'launched'],
  ['a-10:pasted', undefined],
  ['a-1', undefined],
  ['', undefined],
  ['b-1:pasted', undefined],
])('the option %j says that a-1 was %s', (option, expected) => {
  expect(sentHow(option, 'a-1')).toBe(expected)
})

it.each([
  ['no server running on /tmp/x', true],
  ['error connecting to /tmp/x (No such file or directory)', true],
  ["can't find session: =x", true],
  ['server exited unexpectedly', true],
  ['duplicate session: x', false],
  ['command too long', false],
  ['', false],
])('%j means that it is not there: %s', (stderr, expected) => {
  expect(isAbsence(stderr)).toBe(expected)
})
