import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { scenarios } from '../../../packages/demo-agent/src/scenarios.ts'
import type { Context } from '../../../src/cli/context.ts'
import { exitCodes } from '../../../src/cli/exit-codes.ts'
import { runCli } from '../../../src/cli/run-cli.ts'
import { schemaSteps } from '../../../src/store/schema.ts'

const root = new URL('../../..', import.meta.url).pathname
const folders = ['architecture', 'guides', 'project', 'plans', 'validation']
const minLines = 10
/** What windows run; `--help` does not tell of them. */
const windowCommands = ['supervise', 'preview']

const read = (page: string) => readFileSync(join(root, page), 'utf8')
const docsPages = () =>
  readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))
const allPages = () => ['README.md', 'CHANGELOG.md', ...docsPages()]

const withoutCode = (text: string) =>
  text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')

/** Links of a page as path (from the repository's top; empty: the page itself) and anchor; links in code are none. */
function linksOf(page: string): { path: string; anchor: string | undefined }[] {
  return [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)/gm)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = '', anchor] = link.split('#')
      return { path: path && relative(root, join(root, dirname(page), path)), anchor }
    })
}

const isFolder = (path: string) =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  [...read(page).matchAll(/^#{1,6} (.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  )

it.each(folders)('docs/%s has a page', (folder) => {
  expect(docsPages().filter((page) => page.startsWith(`docs/${folder}/`))).not.toEqual([])
})

it('README.md leads to every page', () => {
  const reached = new Set<string>()
  const visit = (page: string) => {
    if (reached.has(page)) return
    reached.add(page)
    for (const { path } of linksOf(page)) {
      if (path.endsWith('.md') && existsSync(join(root, path))) visit(path)
      // A link to a folder leads to what is in it.
      else if (isFolder(path))
        docsPages()
          .filter((other) => dirname(other) === path)
          .forEach(visit)
    }
  }
  visit('README.md')
  expect(docsPages().filter((page) => !reached.has(page))).toEqual([])
})

it('README.md itself links every page', () => {
  const linked = linksOf('README.md').map(({ path }) => path)
  expect(docsPages().filter((page) => !linked.includes(page))).toEqual([])
})

it('no relative link is dead, and no anchor', () => {
  const dead = allPages().flatMap((page) =>
    linksOf(page)
      .filter(({ path, anchor }) => {
        if (!existsSync(join(root, path || page))) return true
        return anchor !== undefined && !anchorsOf(path || page).includes(anchor)
      })
      .map(({ path, anchor }) => `${page}: ${path}#${anchor ?? ''}`),
  )
  expect(dead).toEqual([])
})

it('every path of the repository that a page names is there', () => {
  const top = ['src', 'packages', 'test', 'scripts', 'templates', 'docs']
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
  const gone = allPages().flatMap((page) =>
    [
      ...pathsIn(page, `(?:${top.join('|')})/[\\w./-]+`).map((path) => [path, path]),
      // A page names a file of src/ by its path below it; an old plan may name one that has gone since.
      ...(page.includes('plans/') ? [] : pathsIn(page, `(?:${rooms.join('|')})/[\\w/-]+\\.ts`)).map(
        (path) => [path, `src/${path}`],
      ),
    ]
      .filter(([, from = '']) => !existsSync(join(root, from)))
      .map(([path]) => `${page}: ${path}`),
  )
  expect(gone).toEqual([])
})

const pathsIn = (page: string, pattern: string) =>
  [...read(page).matchAll(new RegExp(`\`(${pattern})\``, 'g'))].map((match) => match[1] ?? '')

it('no page is a stub', () => {
  const short = docsPages().filter((page) => read(page).trim().split('\n').length < minLines)
  expect(short).toEqual([])
})

/** What a command's `--help` prints. */
async function helpOf(...args: string[]): Promise<string> {
  const stdout = new PassThrough({ encoding: 'utf8' })
  await runCli([...args, '--help'], { stdout } as unknown as Context, { version: '0.0.0' })
  return String(stdout.read())
}

const commandsIn = (help: string) =>
  [...help.slice(help.indexOf('\nCommands:')).matchAll(/^ {2}([a-z]+)\b/gm)].map(
    (match) => match[1] ?? '',
  )

/** Commands that stand behind the program's name in code, each with its page; those of `tmux -L` are tmux's own. */
function mentionedCommands(): [page: string, command: string][] {
  return allPages().flatMap((page) => {
    const code = [...read(page).matchAll(/^```[\s\S]*?^```|`[^`\n]+`/gm)].map((match) => match[0])
    return code.flatMap((text) =>
      [...text.matchAll(/(?<!-L )\btmux-builder ([a-z]+)\b/g)].map((match): [string, string] => [
        page,
        match[1] ?? '',
      ]),
    )
  })
}

/** The commands that the roadmap names first in a row of its table. */
function plannedCommands(): string[] {
  const section = read('docs/project/status.md').split('## Not there yet')[1] ?? ''
  const cells = [...section.matchAll(/^\| (`[a-z]+`(?:, `[a-z]+`)*) \|/gm)]
  return cells.flatMap((match) => (match[1] ?? '').replaceAll('`', '').split(', '))
}

it('every command that a page mentions exists, or stands in the roadmap', async () => {
  const known = [...commandsIn(await helpOf()), ...plannedCommands(), ...windowCommands]
  expect(known).toContain('register')
  const unknown = mentionedCommands().filter(([, command]) => !known.includes(command))
  expect(unknown).toEqual([])
})

it('what the roadmap calls missing is missing', async () => {
  const commands = commandsIn(await helpOf())
  expect(plannedCommands().filter((command) => commands.includes(command))).toEqual([])
})

it('README.md tells of every command, and of every exit code', async () => {
  const text = read('README.md')
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  const tellsOf = (command: string) =>
    rows.some((row) => new RegExp(`^\\| \`${command}\\b`).test(row))
  expect(commandsIn(await helpOf()).filter((command) => !tellsOf(command))).toEqual([])
  const codes = rows.flatMap((row) => /^\| ([\d, ]+) \|/.exec(row)?.[1]?.split(', ') ?? [])
  expect(codes.toSorted()).toEqual(Object.values(exitCodes).map(String).toSorted())
})

it('every option that a page gives to a command exists', async () => {
  const options = new Set<string>()
  for (const command of commandsIn(await helpOf())) {
    const subcommands = commandsIn(await helpOf(command))
    const helps = [helpOf(command), ...subcommands.map((sub) => helpOf(command, sub))]
    for (const help of await Promise.all(helps))
      for (const [option] of help.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)) options.add(option)
  }
  const unknown = allPages().flatMap((page) => {
    const code = [...read(page).matchAll(/^```sh\n[\s\S]*?^```/gm)].map((match) => match[0])
    const lines = code.flatMap((text) => text.replaceAll('\\\n', ' ').split('\n'))
    return lines
      .map((line) => line.replace(/(^|\s)#.*/, ''))
      .flatMap((line) => /\btmux-builder [a-z]+ (.*)/.exec(line)?.[1] ?? [])
      .flatMap((rest) => [...rest.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option))
      .filter((option) => !options.has(option) && option !== '--version')
      .map((option) => `${page}: ${option}`)
  })
  expect(unknown).toEqual([])
})

it('the pages name all scenarios and all tables', () => {
  const agents = read('docs/guides/agents.md')
  const missing = Object.keys(scenarios).filter((name) => !agents.includes(`| \`${name}\` |`))
  const records = read('docs/architecture/records.md')
  const tables = [...schemaSteps.join('').matchAll(/CREATE TABLE (\w+)/g)].map(
    (match) => match[1] ?? '',
  )
  expect(tables).toContain('builds')
  expect([...missing, ...tables.filter((name) => !records.includes(`| \`${name}\` |`))]).toEqual([])
})

it('the import rule’s page says what the test says', () => {
  const source = read('test/unit/structure.test.ts')
  const cutOut = (start: string) => source.split(start)[1]?.split(/\n[\]}]/)[0] ?? ''
  const quoted = (text: string) => [...text.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '')
  const rows = read('docs/architecture/import-rule.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const named = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')

  const layers = cutOut('const layers = [\n').split('\n').map(quoted)
  expect(rows.filter((row) => /^\d$/.test(row[1] ?? '')).map((row) => named(row[2]))).toEqual(
    layers,
  )

  const owners = cutOut('const owners: Readonly<Record<string, readonly string[]>> = {\n')
    .split('\n')
    .map((line): [string, string[]] => {
      const [name = '', allowed = ''] = line.trim().split(': [')
      return [name.replaceAll("'", ''), quoted(allowed)]
    })
  const told = rows
    .filter((row) => row.length === 4 && !/^\d$/.test(row[1] ?? ''))
    .flatMap((row) => named(row[1]).map((name): [string, string[]] => [name, named(row[2])]))
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(owners))
})
