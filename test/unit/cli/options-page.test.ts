import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { settingNames } from '../../../src/app/settings.ts'
import type { Context } from '../../../src/cli/context.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { runCli } from '../../../src/cli/run-cli.ts'

const page = readFileSync(new URL('../../../docs/guides/options.md', import.meta.url), 'utf8')

/** The rows of the table below a heading; each cell without its code marks. */
function rowsBelow(heading: string, text = page): string[][] {
  const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return section
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(1)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', '')),
    )
}

/** What commander prints for `--help`: the declarations themselves. */
async function helpOf(...args: string[]): Promise<string> {
  const stdout = new PassThrough({ encoding: 'utf8' })
  await runCli([...args, '--help'], { stdout } as unknown as Context, { version: '0.0.0' })
  return String(stdout.read())
}

const namesIn = (help: string, heading: string, pattern: RegExp) =>
  [...(help.split(`\n${heading}:\n`)[1]?.split('\n\n')[0] ?? '').matchAll(pattern)].map(
    (match) => match[1] ?? '',
  )
const commandsIn = (help: string) =>
  namesIn(help, 'Commands', /^ {2}([a-z]+)\b/gm).filter((name) => name !== 'help')
const optionsIn = (help: string) =>
  namesIn(help, 'Options', /^ {2}((?:-\w, )?--[\w-]+(?: <[^>]+>)?)/gm).filter(
    (name) => !/--(help|version)$/.test(name),
  )

/** `--option <value> of command`, for every option of every command that `--help` tells of. */
async function declaredOptions(): Promise<string[]> {
  const found: string[] = []
  const visit = async (...path: string[]) => {
    const help = await helpOf(...path)
    for (const command of commandsIn(help)) await visit(...path, command)
    found.push(...optionsIn(help).map((option) => `${option} of ${path.join(' ')}`))
  }
  await visit()
  return found
}

const builds = rowsBelow('What a build is started with')
const others = rowsBelow('What the other commands take')

test('the page names every option of every command, and no other', async () => {
  const described = [...builds, ...others].flatMap(([option, commands]) =>
    (commands ?? '').split(', ').map((command) => `${option} of ${command}`),
  )
  const declared = await declaredOptions()
  expect(declared.length).toBeGreaterThan(60)
  expect(described.toSorted()).toEqual(declared.toSorted())
})

test('the page names every key of config.yaml with its variable, and no other', () => {
  const described = builds.filter((row) => row[3] !== '–')
  expect(described.map((row) => row[3]).toSorted()).toEqual([...settingNames].toSorted())
  for (const [, , variable, key] of described)
    expect(variable).toBe(`TMUX_BUILDER_${key?.toUpperCase()}`)
  for (const [, , variable, key] of builds.filter((row) => row[3] === '–'))
    expect([variable, key]).toEqual(['–', '–'])
})

test('the page’s defaults are those of --help', async () => {
  const help = (await helpOf('register')).replaceAll(/\n {3,}/g, ' ')
  const told = [...help.matchAll(/^ {2}(--[\w-]+) .*\(default ([^)]+)\)/gm)].map((match) => [
    match[1],
    match[2],
  ])
  expect(told.length).toBeGreaterThan(4)
  for (const [option, value] of told) {
    const row = builds.find(([name]) => name?.startsWith(`${option} `))
    for (const word of String(value).split(/, | /)) expect(row?.[4], String(option)).toContain(word)
  }
})

test('the page names every exit code, and no other', () => {
  expect(rowsBelow('Exit codes').map(([code]) => Number(code))).toEqual(
    Object.values(exitCodes).toSorted((a, b) => a - b),
  )
})

test('a row less or a row more is seen', async () => {
  const without = page.replace(/^\| `--purge`.*\n/m, '')
  expect(without).not.toBe(page)
  expect(rowsBelow('What the other commands take', without)).toHaveLength(others.length - 1)
  expect(await declaredOptions()).toContain('--purge of gc')
})
