import { describe, expect, test, vi } from 'vitest'
import {
  createEditor,
  createKeyReader,
  type Key,
} from '../../../packages/demo-agent/src/keyboard.ts'
import { fitEnd, printable } from '../../../packages/demo-agent/src/terminal.ts'

const pasted = (text: string) => `\u001b[200~${text}\u001b[201~`

describe('the key reader', () => {
  const whole = `a${pasted('x\r\ny\u001b[A\tz')}b\r\u001b[A\u001bOP\u007f`
  const keys: Key[] = [
    { type: 'text', text: 'a' },
    { type: 'paste', text: 'x\r\ny\u001b[A\tz' },
    { type: 'text', text: 'b' },
    { type: 'enter' },
    { type: 'backspace' },
  ]

  test('gives the same keys however the input is cut in two', () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const reader = createKeyReader()
      const joined: Key[] = []
      for (const key of [...reader.feed(whole.slice(0, cut)), ...reader.feed(whole.slice(cut))]) {
        const last = joined.at(-1)
        if (key.type === 'text' && last?.type === 'text') {
          joined[joined.length - 1] = { type: 'text', text: last.text + key.text }
        } else joined.push(key)
      }
      expect(joined, `cut at ${cut}`).toEqual(keys)
    }
  })

  test('an ESC alone is the Esc key, once time has told', () => {
    const reader = createKeyReader()
    expect(reader.feed('\u001b')).toEqual([])
    expect(reader.isWaiting()).toBe(true)
    expect(reader.flush()).toEqual([{ type: 'escape' }])
  })

  test('every line end outside a paste is Enter', () => {
    expect(createKeyReader().feed('a\nb\r')).toEqual([
      { type: 'text', text: 'a' },
      { type: 'enter' },
      { type: 'text', text: 'b' },
      { type: 'enter' },
    ])
  })
})

describe('the input line', () => {
  function open(swallowsFirstEnter = false) {
    vi.useFakeTimers()
    const submitted: string[] = []
    const editor = createEditor({
      takeInMs: 50,
      swallowsFirstEnter,
      onChange: () => {},
      onSubmit: (text) => submitted.push(text),
    })
    const press = (text: string) => createKeyReader().feed(text).forEach(editor.press)
    return { editor, submitted, press }
  }

  test('Enter in one go with a paste, or before it is taken in, is lost', () => {
    const { editor, submitted, press } = open()
    press(`${pasted('one\ntwo')}\r`)
    vi.advanceTimersByTime(49)
    press('\r')
    vi.advanceTimersByTime(1)
    expect(submitted).toEqual([])
    expect(editor.shown()).toBe('[Pasted text #1 +1 lines]')
    press('\r')
    expect(submitted).toEqual(['one\ntwo'])
    expect(editor.isEmpty()).toBe(true)
  })

  test('what is typed around pastes keeps its place', () => {
    const { submitted, press } = open()
    press(`a${pasted('b')}c${pasted('d')}e`)
    vi.advanceTimersByTime(100)
    press('\r')
    expect(submitted).toEqual(['abcde'])
  })

  test('can be told to lose the first Enter after each paste', () => {
    const { submitted, press } = open(true)
    press(pasted('x'))
    vi.advanceTimersByTime(50)
    press('\r')
    expect(submitted).toEqual([])
    press('\r')
    expect(submitted).toEqual(['x'])
  })

  test('erases by character, and a paste as a whole', () => {
    const { editor, press } = open()
    press(`a𝒳\u007f${pasted('x\ny')}`)
    vi.advanceTimersByTime(50)
    expect(editor.shown()).toBe('a[Pasted text #1 +1 lines]')
    press('\u007f')
    expect(editor.shown()).toBe('a')
  })
})

test('what is shown does nothing to the terminal and fits its line', () => {
  expect(printable('a\u001b]2;x\u0007\u009b2J\tb')).toBe('a\ufffd]2;x\ufffd\ufffd2J  b')
  expect(fitEnd('abc日本', 5)).toBe('c日本')
})
