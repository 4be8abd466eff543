import type { AppKind } from './kind.ts'

/** A list of things to do: add, tick off, filter, remove. */
export const todo: AppKind = {
  name: 'todo',
  noun: 'Todo list',
  words: /\b(?:to-?\s?dos?\b|tasks?\b|check-?list|shopping list|chores?\b)/,
  accent: 'blue',
  markup: () => `
      <form id="add" class="row">
        <label for="text">What is to be done?</label>
        <input id="text" name="text" maxlength="200" required autocomplete="off">
        <button type="submit">Add</button>
      </form>
      <fieldset class="row">
        <legend>Show</legend>
        <label><input type="radio" name="filter" value="all" checked> All</label>
        <label><input type="radio" name="filter" value="open"> Open</label>
        <label><input type="radio" name="filter" value="done"> Done</label>
      </fieldset>
      <ul id="items" class="items"></ul>
      <p id="summary" role="status" aria-live="polite"></p>
      <button id="clear" type="button">Remove what is done</button>`,
  script: `
import { add, clearDone, remove, summary, toggle, visible } from './logic.js'

let items = load('todo', [])
let filter = 'all'

function show() {
  byId('items').replaceChildren(...visible(items, filter).map(row))
  byId('summary').textContent = summary(items)
  byId('clear').disabled = !items.some((item) => item.done)
  save('todo', items)
}

function row(item) {
  const box = element('input', { type: 'checkbox', checked: item.done })
  box.addEventListener('change', () => change(toggle(items, item.id)))
  const label = element('label', {}, box, ' ', element('span', { className: item.done ? 'done' : '' }, item.text))
  const button = element('button', { type: 'button', className: 'quiet' }, 'Remove')
  button.setAttribute('aria-label', 'Remove ' + item.text)
  button.addEventListener('click', () => change(remove(items, item.id)))
  return element('li', {}, label, button)
}

function change(next) {
  items = next
  show()
}

byId('add').addEventListener('submit', (event) => {
  event.preventDefault()
  change(add(items, byId('text').value))
  byId('text').value = ''
  byId('text').focus()
})
for (const choice of document.getElementsByName('filter')) {
  choice.addEventListener('change', () => {
    filter = choice.value
    show()
  })
}
byId('clear').addEventListener('click', () => change(clearDone(items)))
show()
`,
  logic: `
export function add(items, text) {
  const trimmed = text.trim()
  if (trimmed === '') return items
  const id = items.reduce((highest, item) => Math.max(highest, item.id), 0) + 1
  return [...items, { id, text: trimmed, done: false }]
}

export const toggle = (items, id) =>
  items.map((item) => (item.id === id ? { ...item, done: !item.done } : item))

export const remove = (items, id) => items.filter((item) => item.id !== id)

export const clearDone = (items) => items.filter((item) => !item.done)

export const visible = (items, filter) =>
  items.filter((item) => filter === 'all' || item.done === (filter === 'done'))

export function summary(items) {
  if (items.length === 0) return 'Nothing to do yet.'
  const open = items.filter((item) => !item.done).length
  return open === 0 ? 'All done.' : open + ' of ' + items.length + ' still open.'
}
`,
  logicTest: `
const two = logic.add(logic.add([], 'milk'), ' bread ')

test('adds trimmed items with their own ids, and no empty ones', () => {
  assert.deepEqual(two.map((item) => [item.id, item.text, item.done]), [[1, 'milk', false], [2, 'bread', false]])
  assert.equal(logic.add(two, '   ').length, 2)
})

test('ticks off, filters, counts and removes', () => {
  const ticked = logic.toggle(two, 1)
  assert.deepEqual(logic.visible(ticked, 'open').map((item) => item.text), ['bread'])
  assert.deepEqual(logic.visible(ticked, 'done').map((item) => item.text), ['milk'])
  assert.equal(logic.summary(ticked), '1 of 2 still open.')
  assert.deepEqual(logic.clearDone(ticked).map((item) => item.id), [2])
  assert.equal(logic.remove(ticked, 2).length, 1)
})
`,
}
