import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from '../../../src/app/settings.ts'

function withConfig(content: string | undefined, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  mkdirSync(join(folder, 'tmux-builder'))
  if (content !== undefined) writeFileSync(join(folder, 'tmux-builder/config.yaml'), content)
  return readSettings({ env: { XDG_CONFIG_HOME: folder, ...env } })
}

test('the flag wins over the variable, the variable over the file, the file over nothing', async () => {
  const env = { TMUX_BUILDER_AGENT: 'variable', TMUX_BUILDER_DOMAINS: 'a.b,c.d' }
  const file = 'agent: file\ndomains: [e.f]\n'
  const all = await withConfig(file, env)
  expect(all.text('agent', 'flag')).toBe('flag')
  expect(all.list('domains', ['x.y'])).toEqual(['x.y'])
  expect(all.text('agent', undefined)).toBe('variable')
  expect(all.list('domains', undefined)).toEqual(['a.b', 'c.d'])
  const fileOnly = await withConfig(file)
  expect(fileOnly.text('agent', undefined)).toBe('file')
  expect(fileOnly.list('domains', [])).toEqual(['e.f'])
  const nothing = await withConfig(undefined)
  expect(nothing.text('agent', undefined)).toBeUndefined()
  expect(nothing.list('domains', undefined)).toEqual([])
})

test('a variable that is empty counts as absent, an option that is empty does not', async () => {
  const settings = await withConfig('agent: file', { TMUX_BUILDER_AGENT: '' })
  expect(settings.text('agent', undefined)).toBe('file')
  expect(settings.text('agent', '')).toBe('')
})

test.each([
  ['phone: +15551234567', 'phone', '+15551234567'],
  ['phone: 0049301234567', 'phone', '0049301234567'],
  ['project: 007', 'project', '007'],
  ['project: no', 'project', 'no'],
  ['project: 1e3', 'project', '1e3'],
  ['timeout: 90', 'timeout', '90'],
  ['max_cost_threshold: 1_000', 'max_cost_threshold', '1_000'],
  ['region: "us-east-1" # a comment', 'region', 'us-east-1'],
] as const)('%s is text as it stands there', async (content, name, value) => {
  expect((await withConfig(content)).text(name, undefined)).toBe(value)
})

test.each(['', '# only a comment\n', '---\n'])(
  'a file that says nothing is fine: %j',
  async (content) => {
    expect((await withConfig(content)).text('agent', undefined)).toBeUndefined()
  },
)

test.each([
  ['agnet: demo', /config\.yaml.*agnet/],
  ['agent: {a: b}', /agent: /],
  ['domains: a.b', /domains: /],
  ['agent: [', /is not YAML/],
  ['a\n', /config\.yaml/],
])('%s is refused: a sentence that names the file', async (content, sentence) => {
  await expect(withConfig(content)).rejects.toMatchObject({
    reason: 'usage',
    message: expect.stringMatching(sentence),
  })
})
