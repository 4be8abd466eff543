import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { chooseKind, kinds } from '../../../packages/demo-agent/src/apps/choose.ts'
import { renderApp } from '../../../packages/demo-agent/src/apps/files.ts'
import { accents } from '../../../packages/demo-agent/src/apps/look.ts'
import { planApp, planChange } from '../../../packages/demo-agent/src/apps/plan.ts'
import { choicesFrom } from '../../../packages/demo-agent/src/apps/poll.ts'
import { onAccent, schemes } from '../../../packages/demo-agent/src/apps/style.ts'
import { titleFrom } from '../../../packages/demo-agent/src/apps/text.ts'

const requests: Record<string, string> = {
  todo: 'Build a todo app for my band',
  notes: 'I want a notebook for recipes',
  timer: 'A pomodoro timer, please',
  calculator: 'make me a calculator for my shop',
  counter: 'Please create a tally counter for visitors',
  poll: 'A poll on tea, coffee or milk',
  quiz: 'Design a quiz for the pub',
  guestbook: 'We need a guestbook for our wedding',
  landing: 'Present our bakery: fresh bread, cakes and a small café',
}
const hostile = `Build a todo app"><script>alert(1)</script><img src=x onerror=alert(2)> \`\${{x}}\` $(rm -rf /) {{y}} '--></title> \u0000\u001b[31m 𝒳`

/** Writes an app to a folder with an awkward name and returns how its own tests end. */
async function runOwnTests(files: Map<string, string>) {
  const folder = mkdtempSync(join(tmpdir(), 'tb äpp 100%-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return promisify(execFile)(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: folder,
    env,
  }).then(
    ({ stdout }) => ({ passes: true, output: stdout }),
    (error) => ({ passes: false, output: String(error.stdout) }),
  )
}

describe('what kind of app a request gets', () => {
  test.each(Object.entries(requests))('%s', (kind, request) => {
    expect(chooseKind(request).name).toBe(kind)
  })

  test('the kind that is named first wins', () => {
    expect(chooseKind('a landing page for our quiz night').name).toBe('landing')
    expect(chooseKind('a todo list with a counter of open tasks').name).toBe('todo')
    expect(chooseKind('').name).toBe('landing')
  })

  test('every kind is reached by one of these requests', () => {
    expect(Object.keys(requests)).toEqual(kinds.map((kind) => kind.name))
  })

  test('the poll takes its choices from the request', () => {
    expect(choicesFrom('A poll on tea, coffee or milk')).toEqual(['Tea', 'Coffee', 'Milk'])
    expect(choicesFrom('A poll')).toEqual(['Yes', 'No', 'Not sure'])
  })

  test('the title is the request without its opening', () => {
    expect(titleFrom('Please build me a todo app for my band. With colours.', 'x')).toBe(
      'Todo app for my band',
    )
    expect(titleFrom('make a counter with large buttons', 'x')).toBe('Counter')
    expect(titleFrom('🎉 !!! 42', 'Todo list')).toBe('Todo list')
    expect(titleFrom('word '.repeat(100), 'x').length).toBeLessThanOrEqual(60)
  })
})

describe('every app', () => {
  test.each(Object.values(requests))('passes its own tests: %s', async (request) => {
    expect(await runOwnTests(renderApp(planApp(request, 1)))).toMatchObject({ passes: true })
  })

  test('two requests give two apps', () => {
    const one = renderApp(planApp(requests.todo ?? '', 1))
    const two = renderApp(planApp(requests.timer ?? '', 1))
    for (const name of ['index.html', 'app.js', 'logic.js', 'style.css']) {
      expect(one.get(name)).not.toBe(two.get(name))
    }
  })

  test('a hostile request is only text, and its app passes', async () => {
    const files = renderApp(planApp(hostile, 1))
    const page = files.get('index.html') ?? ''
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toContain('<img')
    expect(page).not.toContain('\u001b')
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(await runOwnTests(files)).toMatchObject({ passes: true })
  })

  test.each(kinds.map((kind) => kind.name))('a hostile request for a %s is only text', (kind) => {
    const page = renderApp({ ...planApp(`${hostile} or <b>`, 1), kind }).get('index.html') ?? ''
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).not.toMatch(/<(?:img|b)\b/)
  })

  test('a megabyte is cut, which the page says, and never inside a character', async () => {
    const files = renderApp(planApp(`counter ${'𝒳\r\n'.repeat(300_000)}`, 1))
    const page = files.get('index.html') ?? ''
    expect(page.length).toBeLessThan(20_000)
    expect(page).toContain('Only the first')
    expect(page.isWellFormed()).toBe(true)
    expect(await runOwnTests(files)).toMatchObject({ passes: true })
  })

  test('a refinement shows beside the request, changes the look and is not added twice', async () => {
    const first = planApp('Build a todo app', 1)
    const once = planChange(first, 'Make it dark and <green>, with larger text', 2)
    expect(planChange(once, 'Make it dark and <green>, with larger text', 2)).toEqual(once)
    expect(once.look).toEqual({ accent: 'green', scheme: 'dark', size: 'large' })
    const files = renderApp(planChange(once, 'Add my name', 3))
    const page = files.get('index.html') ?? ''
    for (const text of [
      'Build a todo app',
      'dark and &lt;green&gt;',
      'Add my name',
      'Larger text',
    ]) {
      expect(page).toContain(text)
    }
    expect(files.get('style.css')).not.toContain('prefers-color-scheme')
    expect(await runOwnTests(files)).toMatchObject({ passes: true })
  })
})

describe('the generated tests fail when the app is broken:', () => {
  const breakages: [what: string, file: string, from: string | RegExp, to: string][] = [
    ['no title', 'index.html', /<title>.*<\/title>/, '<title></title>'],
    ['no language', 'index.html', ' lang="en"', ''],
    ['a label is gone', 'index.html', /<label for="text">.*<\/label>/, ''],
    [
      'a radio button without its label',
      'index.html',
      /<label>(<input type="radio"[^>]*>) All<\/label>/,
      '$1',
    ],
    ['an element is not closed', 'index.html', '</main>', ''],
    ['a button without a name', 'index.html', '>Add</button>', '></button>'],
    ['cut off', 'index.html', /<footer>[\s\S]*$/, ''],
    ['the request is gone', 'index.html', /<blockquote[\s\S]*<\/blockquote>/, ''],
    ['the request is not escaped', 'index.html', '&lt;b&gt;', '<b>'],
    [
      'a foreign script',
      'index.html',
      '</body>',
      '<script src="https://example.com/x.js"></script></body>',
    ],
    ['an inline handler', 'index.html', '<h1', '<h1 onclick="x()"'],
    ['no policy', 'index.html', /<meta http-equiv[^>]*>/, ''],
    ['an element that app.js needs', 'index.html', 'id="summary"', 'id="other"'],
    ['nothing is announced', 'index.html', / aria-live="polite"/g, ''],
    ['a syntax error', 'app.js', 'function show()', 'function show('],
    ['wrong logic', 'logic.js', '!item.done', 'item.done'],
    ['a style sheet that is cut', 'style.css', /}\s*$/, ''],
  ]
  test.each(breakages)('%s', async (_, name, from, to) => {
    const files = renderApp(planApp('Build a todo app <b>', 1))
    const before = files.get(name) ?? ''
    const after = before.replace(from, to)
    expect(after).not.toBe(before)
    expect(await runOwnTests(files.set(name, after))).toMatchObject({ passes: false })
  })
})

describe('colours', () => {
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

  test.each(['light', 'dark'] as const)('can be read on the %s page', (name) => {
    const scheme = schemes[name]
    for (const ground of [scheme.page, scheme.card]) {
      for (const text of [scheme.text, scheme.muted])
        expect(contrast(ground, text)).toBeGreaterThan(4.5)
      expect(contrast(ground, scheme.line)).toBeGreaterThan(3)
      for (const accent of Object.values(accents)) {
        expect(contrast(ground, accent[name])).toBeGreaterThan(4.5)
        expect(contrast(onAccent[name], accent[name])).toBeGreaterThan(4.5)
      }
    }
  })
})

test('no client code reaches outside its page', () => {
  for (const kind of kinds) {
    expect(kind.script + kind.logic, kind.name).not.toMatch(/innerHTML|eval\(|fetch\(|https?:/)
  }
})
