import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type OptionRow, variableOf } from '../../../src/app/option-row.ts'
import { options } from '../../../src/app/options.ts'
import { type CommandOption, optionsOf } from '../../../src/cli/command-row.ts'
import { commands } from '../../../src/cli/commands.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'

const page = readFileSync(new URL('../../../docs/guides/options.md', import.meta.url), 'utf8')

/** The rows of the table below a heading; each cell without its code marks. */
const rowsBelow = (heading: string): string[][] =>
  (page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )

interface Entry {
  readonly flag: string
  readonly commands: readonly string[]
  /** The variable and the key; only options of builds have them. */
  readonly names: readonly (string | undefined)[]
  readonly default: string
}

const entries: readonly Entry[] = [
  ...rowsBelow('What a build is started with').map(
    ([flag = '', names, variable, key, shown = '']) => ({
      ...{ flag, commands: (names ?? '').split(', ') },
      ...{ names: [variable, key], default: shown },
    }),
  ),
  ...rowsBelow('What the other commands take').map(([flag = '', names, shown = '']) => ({
    ...{ flag, commands: (names ?? '').split(', ') },
    ...{ names: ['–', '–'], default: shown },
  })),
]

const visible = commands.filter((row) => !row.isHidden)
const declared = (
  await Promise.all(
    visible.map(async (row) =>
      Object.values(await optionsOf(row)).map((option) => ({ row, option })),
    ),
  )
).flat()

function entryOf(option: CommandOption, command: string): Entry | undefined {
  const fits = entries.filter((one) => one.flag === option.flag && one.commands.includes(command))
  return fits.find((one) => option.key === undefined || one.names[0] !== '–')
}

/** Lists what each row of the options table lacks. */
function problemsOf(table: Readonly<Record<string, Partial<OptionRow>>>): string[] {
  return Object.entries(table).flatMap(([name, row]) => {
    const entry = entries.find((one) => one.flag === row.flag && one.names[0] !== '–')
    const names = row.key ? [variableOf({ key: row.key }), row.key] : []
    return [
      ...(typeof row.parse === 'function' ? [] : [`${name}: no parser`]),
      ...(/^[a-z]+(_[a-z]+)*$/.test(row.key ?? '') ? [] : [`${name}: no key and no variable`]),
      ...(entry ? [] : [`${name}: not on the page`]),
      ...(entry?.names.join() === names.join() ? [] : [`${name}: other names on the page`]),
    ]
  })
}

test('every row of the options table has a parser, a key, a variable and its entry on the page', () => {
  expect(problemsOf(options)).toEqual([])
  const onPage = entries.filter((one) => one.names[0] !== '–').map((one) => one.flag)
  expect(onPage.toSorted()).toEqual(
    Object.values(options)
      .map((row) => row.flag)
      .toSorted(),
  )
})

test.each([
  ['no parser', { ...options.region, parse: undefined as never }],
  ['no key and no variable', { ...options.region, key: '' }],
  ['not on the page', { ...options.region, flag: '--regions <names>' }],
  ['other names on the page', { ...options.region, key: 'regions' }],
] as const)('a broken row is seen: %s', (problem, row) => {
  expect(problemsOf({ row })).toContain(`row: ${problem}`)
})

test('the page names every option of every command, and no other', () => {
  const onPage = entries.flatMap(({ flag, commands }) => commands.map((one) => `${flag} of ${one}`))
  const inTable = declared.map(({ row, option }) => `${option.flag} of ${row.name}`)
  expect(inTable.length).toBeGreaterThan(60)
  expect(onPage.toSorted()).toEqual(inTable.toSorted())
})

test('the page’s defaults are those of the tables', () => {
  for (const { row, option } of declared) {
    const shown = option.default ?? option.defaultText
    if (shown === undefined) continue
    expect(entryOf(option, row.name)?.default, `${option.flag} of ${row.name}`).toMatch(
      new RegExp(`^${shown}(;|$)`),
    )
  }
})

test('the default of every row can be parsed', () => {
  for (const row of Object.values<OptionRow>(options))
    if (row.default !== undefined) expect(row.parse(row.default, row.flag)).toBeDefined()
})

test('the page names every exit code, and no other', () => {
  expect(rowsBelow('Exit codes').map(([code]) => Number(code))).toEqual(
    Object.values(exitCodes).toSorted((a, b) => a - b),
  )
})
