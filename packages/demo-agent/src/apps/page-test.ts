/** test/page.test.js of every app: it reads the real files and fails when one of them is broken. */
export const pageTest = String.raw`import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const file = (name) => new URL('../' + name, import.meta.url)
const read = (name) => readFileSync(file(name), 'utf8')
const page = read('index.html')
const script = read('app.js')
const plan = JSON.parse(read('app.json'))

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text) =>
  text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character])
const tags = [...page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b([^>]*)>/g)].map(([, slash, name, rest]) => ({
  closes: slash === '/',
  name,
  attributes: Object.fromEntries([...rest.matchAll(/([a-z-]+)(?:="([^"]*)")?/g)].map((m) => [m[1], m[2] ?? ''])),
}))
const all = (name) => tags.filter((tag) => tag.name === name && !tag.closes)
const ids = tags.flatMap((tag) => (tag.attributes.id === undefined ? [] : [tag.attributes.id]))

test('the page is whole: every element is closed, in order', () => {
  const empty = new Set(['meta', 'link', 'input', 'br', 'img'])
  const open = []
  for (const tag of tags) {
    if (tag.closes) assert.equal(open.pop(), tag.name)
    else if (!empty.has(tag.name)) open.push(tag.name)
  }
  assert.deepEqual(open, [])
  assert.ok(page.startsWith('<!doctype html>') && page.endsWith('</html>\n'))
})

test('it has a language, a title, one heading and its landmarks', () => {
  assert.equal(all('html')[0]?.attributes.lang, 'en')
  assert.notEqual(plan.title.trim(), '')
  assert.ok(page.includes('<title>' + escape(plan.title) + '</title>'))
  for (const name of ['h1', 'header', 'main', 'footer']) assert.equal(all(name).length, 1, name)
})

test('every field has a label and every button a name', () => {
  const labelled = new Set(all('label').map((label) => label.attributes.for).filter(Boolean))
  const wrapped = [...page.matchAll(/<label>\s*<input[^>]*>[^]*?<\/label>/g)].length
  const fields = ['input', 'textarea', 'select'].flatMap(all)
  const bare = fields.filter((field) => !labelled.has(field.attributes.id) && !field.attributes['aria-label'])
  assert.equal(bare.length, wrapped, 'fields without a label')
  for (const [, name] of page.matchAll(/<button[^>]*>([^]*?)<\/button>/g)) assert.notEqual(name.trim(), '')
})

test('changes are announced to those who do not see them', () => {
  assert.ok(tags.some((tag) => tag.attributes['aria-live'] === 'polite'))
})

test('what app.js and the labels point at is there, once', () => {
  assert.equal(new Set(ids).size, ids.length, 'an id stands twice')
  const wanted = [
    ...[...script.matchAll(/byId\('([^']+)'\)/g)].map((match) => match[1]),
    ...tags.flatMap((tag) => [tag.attributes.for, tag.attributes['aria-labelledby']]).filter(Boolean),
  ]
  for (const id of wanted) assert.ok(ids.includes(id), 'no element #' + id)
  for (const source of [...all('script').map((tag) => tag.attributes.src), ...all('link').map((tag) => tag.attributes.href)]) {
    assert.ok(source.startsWith('data:') || existsSync(file(source)), source)
  }
})

test('the request and all changes stand on the page, as text', () => {
  for (const text of [plan.request, ...plan.changes.map((change) => change.text)]) {
    assert.ok(page.includes(escape(text)), text.slice(0, 60))
  }
  for (const { question, answer } of plan.decisions) {
    assert.ok(page.includes(escape(question)) && page.includes(escape(answer)), question)
  }
})

test('only our own script runs, and nothing is loaded from elsewhere', () => {
  assert.deepEqual(all('script').map((tag) => tag.attributes.src), ['app.js'])
  assert.ok(tags.every((tag) => Object.keys(tag.attributes).every((name) => !/^on/.test(name))))
  const policy = all('meta').find((tag) => tag.attributes['http-equiv'] === 'Content-Security-Policy')
  assert.match(policy?.attributes.content ?? '', /default-src 'none'; script-src 'self'/)
  assert.doesNotMatch(read('style.css'), /url\(|@import/)
})

test('the script can be read, and the style sheet is whole', () => {
  execFileSync(process.execPath, ['--check', fileURLToPath(file('app.js'))])
  const style = read('style.css')
  assert.equal(style.split('{').length, style.split('}').length)
})
`
