import { expect, test } from 'vitest'
import { oneLine, plainText } from '../../../src/cli/plain-text.ts'

const evil = '\u001b]0;t\u0007\u001b[31m\u009b2J\u0000\u007f'

test('one line holds no control characters and no line end', () => {
  expect(oneLine(`a${evil}b\r\nc\td`)).toBe('a ]0;t [31m 2J b c d')
  expect(oneLine('  süß 家 🎉  ')).toBe('süß 家 🎉')
})

test('one line is bounded, however long the text', () => {
  expect(oneLine('x'.repeat(1_000_000)).length).toBeLessThan(2_100)
})

test('a text keeps its line ends and no other control characters', () => {
  expect(plainText(`a\n  b${evil}\r\n`)).toBe('a\n  b ]0;t [31m 2J \n')
})
