import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { choicesFrom, writeApp } from '../../../packages/demo-agent/src/app.ts'
import {
  apps,
  type Plan,
  planApp,
  planChange,
  shownText,
  titleFrom,
} from '../../../packages/demo-agent/src/plan.ts'

const appsFolder = new URL('../../../packages/demo-agent/apps/', import.meta.url)
const kinds = Object.keys(apps) as Plan['kind'][]
const hostile = `Build a todo app"><script>alert(1)</script><img src=x onerror=alert(2)> \`\${{x}}\` $(rm -rf /) {{y}} $& '--></title> data-fill="title"> \u0000\u001b[31m 𝒳`

/** Writes an app to a folder with an awkward name. */
function write(plan: Plan) {
  const folder = mkdtempSync(join(tmpdir(), 'tb äpp 100%-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeApp(folder, plan)
  const path = (name: string) => join(folder, name)
  return {
    folder,
    read: (name: string) => readFileSync(path(name), 'utf8'),
    replace(name: string, from: string | RegExp, to: string) {
      const before = readFileSync(path(name), 'utf8')
      const after = before.replace(from, to)
      expect(after).not.toBe(before)
      writeFileSync(path(name), after)
    },
  }
}

/** How the tests of a folder end, run as `npm test` runs them. */
function runTests(folder: string) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const args = ['--test', '--test-reporter=tap']
  return promisify(execFile)(process.execPath, args, { cwd: folder, env }).then(
    ({ stdout }) => ({ passes: true, output: stdout }),
    (error) => ({ passes: false, output: String(error.stdout) }),
  )
}

describe('what a request gets', () => {
  test.each([
    ['Build a todo app for my band', 'todo'],
    ['I want a shopping list', 'todo'],
    ['A poll on tea, coffee or milk', 'poll'],
    ['A pomodoro timer, please', 'timer'],
    ['Build a quiz', 'page'],
    ['Build a shop for hand-made mugs', 'page'],
    ['a landing page for our poll night', 'page'],
    ['Build a blog with a todo list', 'page'],
    ['Build a todo API', 'page'],
    ['', 'page'],
  ])('%j: %s', (request, kind) => {
    expect(planApp(request, 1).kind).toBe(kind)
  })

  test.each([
    ['Please build me a todo app for my band. With colours.', 'Todo app for my band'],
    [
      'Build a todo app: add a task, tick it off, filter open and done ones, and keep the list over a reload.',
      'Todo app',
    ],
    ['make a counter with large buttons', 'Counter'],
    ['Hi! Could you build me an app (small) for plants?', 'App'],
    ["We'd like you to create our online shop", 'Online shop'],
    ['# Recipes\n\nBuild a recipe book.', 'Recipes'],
    ['Build a', 'A request'],
    ['🎉 !!! 42', 'A request'],
    [`Build a ${'word '.repeat(100)}`, `Word${' word'.repeat(9)}`],
  ])('%j is called %j', (request, title) => {
    expect(titleFrom(request)).toBe(title)
  })

  test('a poll takes its choices from the request', () => {
    expect(choicesFrom('A poll on tea, coffee or milk')).toEqual(['Tea', 'Coffee', 'Milk'])
    expect(choicesFrom('A poll')).toEqual(['Yes', 'No', 'Not sure'])
    const page = write(planApp('A poll on tea, coffee or milk', 1)).read('index.html')
    expect(page.match(/data-fill="choices">[^<]+/g)?.map((item) => item.split('>')[1])).toEqual([
      'Tea',
      'Coffee',
      'Milk',
    ])
  })

  test('a timer takes its length from the request', () => {
    const lengthOf = (request: string) =>
      /data-fill="length">([^<]*)/.exec(write(planApp(request, 1)).read('index.html'))?.[1]
    expect(lengthOf('A 3-minute tea timer')).toBe('3:00')
    expect(lengthOf('A pomodoro timer')).toBe('25:00')
    expect(lengthOf('A timer')).toBe('5:00')
  })

  test('what it cannot build becomes a page that quotes the request and says so', () => {
    const request = 'Build a shop for hand-made mugs.\n\nWith a cart & <checkout>.'
    const page = write(planApp(request, 1)).read('index.html')
    expect(page).toContain('>Shop for hand-made mugs</h1>')
    expect(page).toContain(
      'Build a shop for hand-made mugs.\n\nWith a cart &amp; &lt;checkout&gt;.',
    )
    expect(page).toContain('It is not the app that the request asks for')
    expect(page.match(/mugs/g)).toHaveLength(3)
  })
})

test('the apps pass their tests where they lie', async () => {
  expect(await runTests(appsFolder.pathname)).toMatchObject({ passes: true })
})

describe.each(kinds)('%s', (kind) => {
  test('passes its tests, also with a hostile request, which is only text', async () => {
    const plan = { ...planApp(`${hostile} or <b>`, 1), kind }
    const decision = { question: '<i>?', answer: shownText(hostile) }
    const app = write({ ...planChange(plan, hostile, 2), decisions: [decision] })
    const page = app.read('index.html')
    expect(page.match(/<script/g) ?? []).toHaveLength(kind === 'page' ? 0 : 1)
    expect(page).not.toMatch(/<(?:img|b|i)\b|\u001b/)
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page.split('$(rm -rf /) {{y}} $&amp; ')).toHaveLength(4)
    expect(await runTests(app.folder)).toMatchObject({ passes: true })
  })

  test('takes the place of another app', async () => {
    const app = write(planApp('Build a poll', 1))
    writeApp(app.folder, { ...planApp('Build', 2), kind })
    expect(readdirSync(app.folder).includes('app.js')).toBe(kind !== 'page')
    expect(await runTests(app.folder)).toMatchObject({ passes: true })
  })
})

test('a megabyte is cut, which the page says, and never inside a character', () => {
  const page = write(planApp(`counter ${'𝒳\r\n'.repeat(300_000)}`, 1)).read('index.html')
  expect(page.length).toBeLessThan(40_000)
  expect(page).toContain('… (the first 20,000 of 900,008 characters)')
  expect(page.isWellFormed()).toBe(true)
})

test('a refinement stands on the page, changes the look and is not added twice', () => {
  const first = planApp('Build a todo app', 1)
  const text = 'Make it dark and <green>, with larger text'
  const once = planChange(first, text, 2)
  expect(planChange(once, text, 2)).toEqual(once)
  const page = write(planChange(once, 'Add my name', 3)).read('index.html')
  expect(page).toContain(
    '<html lang="en" data-scheme="dark" data-accent="green" data-size="large">',
  )
  for (const shown of [
    'Build a todo app',
    'dark and &lt;green&gt;, with larger text\n→ Done: green as the accent colour, always in dark colours, larger text',
    'Add my name\n→ Only listed',
  ]) {
    expect(page).toContain(shown)
  }
  const untouched = write(first).read('index.html')
  expect(untouched).toContain('data-scheme="auto" data-accent="blue"')
  expect(untouched).not.toContain('data-fill="changes"')
})

describe('the tests that an app brings fail when it is broken:', () => {
  test.each<[what: string, file: string, from: string | RegExp, to: string]>([
    ['no title', 'index.html', /(<title[^>]*>).*<\/title>/, '$1</title>'],
    ['no language', 'index.html', ' lang="en"', ''],
    ['a label is gone', 'index.html', /<label for="text">.*<\/label>/, ''],
    ['an element is not closed', 'index.html', '</main>', ''],
    ['a button without a text', 'index.html', '>Add</button>', '></button>'],
    ['the request is gone', 'index.html', /<blockquote[\s\S]*<\/blockquote>/, ''],
    ['the request is not escaped', 'index.html', '&lt;b&gt;', '<b>'],
    [
      'a foreign script',
      'index.html',
      '</body>',
      '<script src="https://a.b/x.js"></script></body>',
    ],
    ['an inline handler', 'index.html', '<h1', '<h1 onclick="x()"'],
    ['no policy', 'index.html', /<meta http-equiv[^>]*>/, ''],
    ['an element that app.js needs', 'index.html', 'id="summary"', 'id="other"'],
    ['a syntax error', 'app.js', 'function show()', 'function show('],
    ['a wrong decision', 'app.js', 'task) => task.done', 'task) => !task.done'],
    ['nothing is stored', 'app.js', 'localStorage.setItem', 'String'],
    ['a style sheet that is cut', 'style.css', /}\s*$/, ''],
  ])('%s', async (_, name, from, to) => {
    const app = write(planApp('Build a todo app <b>', 1))
    app.replace(name, from, to)
    expect(await runTests(app.folder)).toMatchObject({ passes: false })
  })
})

describe('colours', () => {
  const sheet = readFileSync(new URL('frame.css', appsFolder), 'utf8')
  const pairs = [...sheet.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)]
  const coloursOf = (name: string, scheme: number) =>
    pairs.flatMap((pair) => (pair[1] === name ? (pair[scheme] ?? '') : []))
  const luminance = (colour: string) => {
    const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    const [red = 0, green = 0, blue = 0] = parts.map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const contrast = (one: string, two: string) => {
    const [low = 0, high = 0] = [luminance(one), luminance(two)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }

  test.each([
    ['light', 2],
    ['dark', 3],
  ])('can be read on the %s page', (_, scheme) => {
    const of = (name: string) => coloursOf(name, scheme)
    expect(of('accent')).toHaveLength(7)
    for (const ground of [...of('ground'), ...of('card')]) {
      for (const text of [...of('text'), ...of('muted'), ...of('accent')]) {
        expect(contrast(ground, text)).toBeGreaterThan(4.5)
      }
      for (const line of of('line')) expect(contrast(ground, line)).toBeGreaterThan(3)
    }
    const [onAccent = ''] = of('on-accent')
    for (const accent of of('accent')) expect(contrast(onAccent, accent)).toBeGreaterThan(4.5)
  })
})

test('no code of an app reaches outside its page', () => {
  const scripts = readdirSync(appsFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('/app.js'))
    .map((name) => readFileSync(new URL(name, appsFolder), 'utf8'))
  expect(scripts).toHaveLength(3)
  for (const script of scripts) expect(script).not.toMatch(/innerHTML|eval\(|fetch\(|https?:/)
})
