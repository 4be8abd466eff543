// What the apps' tests share: enough of a browser to run a page's own app.js, and rules that every page keeps.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createContext, runInContext } from 'node:vm'

const voidElements = new Set(['meta', 'link', 'input', 'br'])
const entities = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
const plain = (text) => text.replace(/&(?:lt|gt|quot|#39|amp);/g, (entity) => entities[entity])

class PageElement {
  children = []
  attributes = new Map()
  listeners = []
  value = ''
  parent = null

  constructor(tagName, page) {
    this.tagName = tagName
    this.page = page
  }

  setAttribute(name, value) {
    this.attributes.set(name, value)
    if (name === 'class') this.className = value
    else if (/^(?:id|value|type|name)$/.test(name)) this[name] = value
    else if (/^(?:checked|disabled|hidden|required)$/.test(name)) this[name] = true
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null
  }

  append(...nodes) {
    for (const node of nodes) if (node instanceof PageElement) node.parent = this
    this.children.push(...nodes)
  }

  replaceChildren(...nodes) {
    this.children = []
    this.append(...nodes)
  }

  get textContent() {
    return this.children.map((node) => node.textContent ?? node).join('')
  }

  set textContent(text) {
    this.replaceChildren(String(text))
  }

  /** All elements below this one, in the page's order. */
  get all() {
    const elements = this.children.filter((node) => node instanceof PageElement)
    return elements.flatMap((element) => [element, ...element.all])
  }

  /** Names, #ids and .classes, one below the other. */
  querySelectorAll(selector) {
    const parts = selector.split(' ')
    const fits = (element, part) =>
      part.startsWith('#')
        ? element.id === part.slice(1)
        : part.startsWith('.')
          ? (element.className ?? '').split(' ').includes(part.slice(1))
          : element.tagName === part
    return parts.reduce(
      (found, part) => [
        ...new Set(found.flatMap((element) => element.all.filter((e) => fits(e, part)))),
      ],
      [this],
    )
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null
  }

  addEventListener(type, listener) {
    this.listeners.push({ type, listener })
  }

  fire(type) {
    const event = { type, target: this, preventDefault: () => {} }
    for (const entry of this.listeners) if (entry.type === type) entry.listener(event)
  }

  focus() {
    this.page.document.activeElement = this
  }

  /** What a click, or the space bar, does to it. */
  click() {
    assert.ok(!this.disabled && !this.hidden, `${this.tagName} ${this.id ?? ''} cannot be clicked`)
    this.fire('click')
    if (this.type === 'checkbox') this.checked = !this.checked
    if (this.type === 'radio') {
      for (const other of this.page.body.all) if (other.name === this.name) other.checked = false
      this.checked = true
    }
    if (this.type === 'checkbox' || this.type === 'radio') this.fire('change')
    if (this.type === 'submit') this.submit()
  }

  /** A browser submits a form only when its required fields are filled in. */
  submit() {
    let form = this
    while (form.tagName !== 'form') form = form.parent
    const fields = form.all.filter((field) => field.required)
    const isFilled = (field) =>
      field.type === 'radio' ? fields.some((radio) => radio.checked) : field.value !== ''
    if (fields.every(isFilled)) form.fire('submit')
  }
}

/** The page's markup as elements; fails where an element is not closed in its order. */
function parse(html, page) {
  const top = new PageElement('top', page)
  const open = [top]
  const pattern = /<!doctype html>|<(\/?)([a-z][a-z0-9]*)\b([^>]*)>|([^<]+)/g
  for (const [, slash, name, rest, text] of html.matchAll(pattern)) {
    if (text !== undefined) open.at(-1).append(plain(text))
    if (name === undefined) continue
    if (slash === '/') {
      assert.equal(open.pop().tagName, name, 'an element is not closed in its order')
      continue
    }
    const element = new PageElement(name, page)
    for (const [, key, , value] of rest.matchAll(/([a-z-]+)(="([^"]*)")?/g)) {
      element.setAttribute(key, plain(value ?? ''))
    }
    open.at(-1).append(element)
    if (!voidElements.has(name)) open.push(element)
  }
  assert.equal(open.length, 1, 'an element is not closed')
  return top
}

/** Opens the page of a folder and runs its app.js; `storage` outlives the page, as in a browser. */
export function openPage(folder, { storage = new Map(), clock = { now: 0 } } = {}) {
  const page = {}
  const top = parse(readFileSync(new URL('index.html', folder), 'utf8'), page)
  const timers = []
  const listeners = []
  page.body = top.querySelector('body')
  page.document = {
    body: page.body,
    title: top.querySelector('title').textContent,
    getElementById: (id) => top.all.find((element) => element.id === id) ?? null,
    querySelectorAll: (selector) => top.querySelectorAll(selector),
    createElement: (name) => new PageElement(name, page),
  }
  const context = createContext({
    document: page.document,
    window: { addEventListener: (type, listener) => listeners.push({ type, listener }) },
    localStorage: {
      getItem: (key) => storage.get(key) ?? null,
      setItem: (key, value) => storage.set(key, value),
    },
    Date: { now: () => clock.now },
    setInterval: (act) => timers.push(act),
  })
  const script = new URL('app.js', folder)
  runInContext(readFileSync(script, 'utf8'), context, { filename: script.pathname })
  return {
    storage,
    document: page.document,
    byId: page.document.getElementById,
    all: (selector) => top.querySelectorAll(selector),
    texts: (selector) => top.querySelectorAll(selector).map((element) => element.textContent),
    /** The button with this text or label. */
    button: (name) =>
      top.all.find(
        (element) =>
          element.tagName === 'button' &&
          (element.getAttribute('aria-label') ?? element.textContent) === name,
      ),
    choose: (value) => top.all.find((e) => e.type === 'radio' && e.value === value).click(),
    wait(ms) {
      clock.now += ms
      for (const act of timers) act()
    },
    /** Another tab has changed what is stored. */
    storageChanged() {
      for (const { type, listener } of listeners) if (type === 'storage') listener({ type })
    },
  }
}

/** The tests that every page passes, whatever the demo agent has filled in. */
export function testPage(folder) {
  const file = (name) => new URL(name, folder)
  const read = (name) => readFileSync(file(name), 'utf8')
  const html = read('index.html')
  const top = parse(html, {})
  const all = (name) => top.all.filter((element) => element.tagName === name)
  const attributes = (name) => top.all.map((e) => e.getAttribute(name)).filter(Boolean)

  test('the page is whole, has a language, a title, one heading and its landmarks', () => {
    assert.match(html, /^<!doctype html>[\s\S]*<\/html>\s*$/i)
    assert.equal(all('html')[0].getAttribute('lang'), 'en')
    for (const name of ['title', 'h1', 'header', 'main', 'footer']) {
      assert.equal(all(name).length, 1, name)
      assert.notEqual(all(name)[0].textContent.trim(), '', name)
    }
  })

  test('every field has a label, and every button a text', () => {
    const labels = all('label')
    const labelled = new Set(labels.map((label) => label.getAttribute('for')))
    for (const input of all('input')) {
      assert.ok(labelled.has(input.id) || labels.some((l) => l.all.includes(input)), input.id)
    }
    for (const label of labels) assert.notEqual(label.textContent.trim(), '')
    for (const button of all('button')) assert.notEqual(button.textContent.trim(), '')
  })

  test('what the page and its script point at is there, once', () => {
    const ids = attributes('id')
    assert.equal(new Set(ids).size, ids.length, 'an id stands twice')
    const script = existsSync(file('app.js')) ? read('app.js') : ''
    const wanted = [
      ...[...script.matchAll(/byId\('([^']+)'\)/g)].map((match) => match[1]),
      ...attributes('for'),
      ...attributes('aria-labelledby'),
    ]
    for (const id of wanted) assert.ok(ids.includes(id), `no element #${id}`)
    for (const source of [...attributes('src'), ...attributes('href')]) {
      if (/^(?:data:|#)/.test(source)) continue
      assert.ok(existsSync(file(source)), source)
    }
  })

  test('only its own script runs, and nothing is loaded from elsewhere', () => {
    const scripts = all('script').map((element) => element.getAttribute('src'))
    assert.deepEqual(scripts, existsSync(file('app.js')) ? ['app.js'] : [])
    for (const element of top.all) {
      assert.ok(![...element.attributes.keys()].some((name) => name.startsWith('on')))
    }
    const policy = all('meta').find((meta) => meta.getAttribute('http-equiv'))
    assert.match(policy?.getAttribute('content') ?? '', /^default-src 'none';/)
    for (const sheet of ['style.css', attributes('href').find((s) => s.endsWith('frame.css'))]) {
      assert.doesNotMatch(read(sheet), /url\(|@import/)
      assert.equal(
        read(sheet).split('{').length,
        read(sheet).split('}').length,
        'a brace is missing',
      )
    }
  })

  // In the demo agent's own folder the pages hold samples, and no plan says what they should hold.
  const isFilledIn = existsSync(file('app.json'))
  test('the request, its changes and decisions stand on the page as text', {
    skip: !isFilledIn,
  }, () => {
    const plan = JSON.parse(read('app.json'))
    const shown = top.all.map((element) => element.textContent)
    for (const text of [plan.title, plan.request])
      assert.ok(shown.includes(text), text.slice(0, 60))
    for (const { text } of plan.changes)
      assert.ok(
        shown.some((one) => one.startsWith(text)),
        text,
      )
    for (const { answer } of plan.decisions)
      assert.ok(
        shown.some((one) => one.endsWith(answer)),
        answer,
      )
  })
}
