import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseUrl } from '../../../packages/demo-agent/src/build.ts'
import { findPromptFile, parseFacts, readOrder } from '../../../packages/demo-agent/src/order.ts'

describe('the prompt file in a message', () => {
  const never = () => false
  test.each([
    [
      'Read /a b/prompts/003-autonomous_agent.md and do it.',
      '/a b/prompts/003-autonomous_agent.md',
    ],
    ['Read /ü/日本 x/prompts/1003-debug_mode.md.', '/ü/日本 x/prompts/1003-debug_mode.md'],
    ['see "/p/prompts/001-a.md" now', '/p/prompts/001-a.md'],
    ['/p/prompts/001-a.md', '/p/prompts/001-a.md'],
    ['Read /a/prompts/001-x.md, not /b/prompts/002-y.md', '/a/prompts/001-x.md'],
    ["it's/not and/or /h/it's mine/prompts/001-x.md", "/h/it's mine/prompts/001-x.md"],
  ])('%s', (message, file) => {
    expect(findPromptFile(message, never)).toBe(file)
  })

  test.each(['hello', 'Read prompts/001-x.md', 'Read /a/prompts/x.md', '/a/myprompts/001-x.md'])(
    'none in: %s',
    (message) => {
      expect(findPromptFile(message, never)).toBeUndefined()
    },
  )

  test('of several beginnings the one that is a file', () => {
    const message = 'Leave /etc alone, read /a b/prompts/001-x.md'
    expect(findPromptFile(message, (file) => file === '/a b/prompts/001-x.md')).toBe(
      '/a b/prompts/001-x.md',
    )
  })
})

describe('the facts', () => {
  test('are verbatim, from the first section only, each name once', () => {
    const facts = parseFacts(
      '# X\n## Facts\n\n- guid: a: b  \n- guid: second\ntext\n## Request\n- build: 9\n## Facts\n- target: aws\n',
    )
    expect([...facts]).toEqual([['guid', 'a: b  ']])
  })

  test('one error names all that is missing', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tb-facts-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'p.md')
    writeFileSync(file, '## Facts\n- guid: a\n- build: x\n- target: local\n')
    expect(() => readOrder(file)).toThrow(
      /prompt_type, build \(a number\), attempt \(a number\), workspace, request_file, deploy_command/,
    )
  })
})

test('the address is the last line that is not empty', () => {
  expect(parseUrl('copying\nhttp://127.0.0.1:1/\n\n')).toBe('http://127.0.0.1:1/')
  expect(parseUrl('http://127.0.0.1:1/\ndone\n')).toBeUndefined()
  expect(parseUrl('')).toBeUndefined()
})
