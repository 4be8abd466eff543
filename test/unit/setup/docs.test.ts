import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { beforeEach, expect, it } from 'vitest'

const root = new URL('../../..', import.meta.url).pathname
const folders = ['architecture', 'guides', 'project', 'plans', 'validation']
const minLines = 10

const read = (page: string) => readFileSync(join(root, page), 'utf8')
const docsPages = () =>
  readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name))

/** Relative links of a page, as paths from the repository's top; links in code are none. */
function linksOf(page: string): string[] {
  const text = read(page)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]:\s+(\S+)/gm)]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((link) => !/^([a-z]+:|#)/.test(link))
    .map((link) => relative(root, join(root, dirname(page), link.replace(/#.*/, ''))))
}

const isFolder = (path: string) =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory()

beforeEach((context) => {
  if (!existsSync(join(root, 'README.md'))) context.skip('README.md is not written yet')
})

it.each(folders)('docs/%s has a page', (folder) => {
  expect(docsPages().filter((page) => page.startsWith(`docs/${folder}/`))).not.toEqual([])
})

it('README.md leads to every page', () => {
  const reached = new Set<string>()
  const visit = (page: string) => {
    if (reached.has(page)) return
    reached.add(page)
    for (const link of linksOf(page)) {
      if (link.endsWith('.md') && existsSync(join(root, link))) visit(link)
      // A link to a folder leads to what is in it.
      else if (isFolder(link))
        docsPages()
          .filter((other) => dirname(other) === link)
          .forEach(visit)
    }
  }
  visit('README.md')
  expect(docsPages().filter((page) => !reached.has(page))).toEqual([])
})

it('no relative link is dead', () => {
  const dead = ['README.md', 'CHANGELOG.md', ...docsPages()].flatMap((page) =>
    linksOf(page)
      .filter((link) => !existsSync(join(root, link)))
      .map((link) => `${page}: ${link}`),
  )
  expect(dead).toEqual([])
})

it('no page is a stub', () => {
  const short = docsPages().filter((page) => read(page).trim().split('\n').length < minLines)
  expect(short).toEqual([])
})
