import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OptionTable } from '../../../src/app/option-row.ts'
import { options } from '../../../src/app/options.ts'
import { readSources, resolveOptions } from '../../../src/app/resolve-options.ts'

/** Its parser returns the text itself, so that each test sees which source was taken. */
const asText = { parse: (text: string) => text, default: 'default' } as const
const table = {
  agent: { ...options.agent, ...asText },
  domains: { ...options.domains, parse: asText.parse },
} as const satisfies OptionTable

function withConfig(content: string | undefined, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  mkdirSync(join(folder, 'tmux-builder'))
  if (content !== undefined) writeFileSync(join(folder, 'tmux-builder/config.yaml'), content)
  return readSources({ env: { XDG_CONFIG_HOME: folder, ...env } })
}

test('the caller wins over the variable, the variable over the file, the file over the default', async () => {
  const env = { TMUX_BUILDER_AGENT: 'variable', TMUX_BUILDER_DOMAINS: 'a.b,c.d' }
  const file = 'agent: file\ndomains: [e.f]\n'
  const all = await withConfig(file, env)
  const given = { agent: 'flag', domains: ['x.y'] }
  expect(resolveOptions(table, { ...all, given })).toEqual(given)
  expect(resolveOptions(table, all)).toEqual({ agent: 'variable', domains: ['a.b', 'c.d'] })
  const fileOnly = { ...(await withConfig(file)), given: { domains: [] } }
  expect(resolveOptions(table, fileOnly)).toEqual({ agent: 'file', domains: ['e.f'] })
  const nothing = await withConfig(undefined)
  expect(resolveOptions(table, nothing)).toEqual({ agent: 'default', domains: [] })
})

test('a variable that is empty counts as absent, an option that is empty does not', async () => {
  const sources = await withConfig('agent: file', { TMUX_BUILDER_AGENT: '' })
  expect(resolveOptions(table, sources).agent).toBe('file')
  expect(resolveOptions(table, { ...sources, given: { agent: '' } }).agent).toBe('')
})

test('an option without a value and without a default is null', async () => {
  const { budgetDollars } = options
  expect(resolveOptions({ budgetDollars }, await withConfig('')).budgetDollars).toBeNull()
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
  expect((await withConfig(content)).config[name]).toBe(value)
})

test.each(['', '# only a comment\n', '---\n'])(
  'a file that says nothing is fine: %j',
  async (content) => {
    expect((await withConfig(content)).config.agent).toBeUndefined()
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
