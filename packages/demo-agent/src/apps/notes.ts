import type { AppKind } from './kind.ts'

/** Notes that are kept, searched and edited. */
export const notes: AppKind = {
  name: 'notes',
  noun: 'Notes',
  words: /\b(?:notes?\b|notebook|note-taking|journal|diary|memos?\b)/,
  accent: 'orange',
  markup: () => `
      <form id="write">
        <label for="heading">Heading</label>
        <input id="heading" name="heading" maxlength="100" required autocomplete="off">
        <label for="text">Note</label>
        <textarea id="text" name="text" rows="4" maxlength="5000"></textarea>
        <button type="submit">Keep the note</button>
      </form>
      <div class="row">
        <label for="search">Search</label>
        <input id="search" name="search" type="search">
      </div>
      <p id="summary" role="status" aria-live="polite"></p>
      <div id="notes" class="cards"></div>`,
  script: `
import { edit, keep, remove, search, summary } from './logic.js'

let notes = load('notes', [])
let editing = null

function show() {
  const found = search(notes, byId('search').value)
  byId('notes').replaceChildren(...found.map(card))
  byId('summary').textContent = summary(found.length, notes.length)
  save('notes', notes)
}

function card(note) {
  const change = element('button', { type: 'button', className: 'quiet' }, 'Edit')
  change.setAttribute('aria-label', 'Edit ' + note.heading)
  change.addEventListener('click', () => {
    editing = note.id
    byId('heading').value = note.heading
    byId('text').value = note.text
    byId('heading').focus()
  })
  const drop = element('button', { type: 'button', className: 'quiet' }, 'Remove')
  drop.setAttribute('aria-label', 'Remove ' + note.heading)
  drop.addEventListener('click', () => {
    notes = remove(notes, note.id)
    if (editing === note.id) editing = null
    show()
  })
  return element('article', {}, element('h3', {}, note.heading), element('p', { className: 'text' }, note.text), change, drop)
}

byId('write').addEventListener('submit', (event) => {
  event.preventDefault()
  const heading = byId('heading').value
  const text = byId('text').value
  notes = editing === null ? keep(notes, heading, text) : edit(notes, editing, heading, text)
  editing = null
  event.target.reset()
  byId('heading').focus()
  show()
})
byId('search').addEventListener('input', show)
show()
`,
  logic: `
export function keep(notes, heading, text) {
  if (heading.trim() === '') return notes
  const id = notes.reduce((highest, note) => Math.max(highest, note.id), 0) + 1
  return [{ id, heading: heading.trim(), text: text.trim() }, ...notes]
}

export const edit = (notes, id, heading, text) =>
  notes.map((note) => (note.id === id ? { id, heading: heading.trim() || note.heading, text: text.trim() } : note))

export const remove = (notes, id) => notes.filter((note) => note.id !== id)

export function search(notes, words) {
  const wanted = words.toLowerCase().split(/\\s+/).filter(Boolean)
  return notes.filter((note) => {
    const text = (note.heading + ' ' + note.text).toLowerCase()
    return wanted.every((word) => text.includes(word))
  })
}

export function summary(found, all) {
  if (all === 0) return 'No notes yet.'
  return found === all ? 'Notes: ' + all + '.' : found + ' of ' + all + ' notes match.'
}
`,
  logicTest: `
const two = logic.keep(logic.keep([], 'Tea', 'green, two minutes'), ' Bread ', 'rye')

test('keeps the newest note first and needs a heading', () => {
  assert.deepEqual(two.map((note) => note.heading), ['Bread', 'Tea'])
  assert.equal(logic.keep(two, ' ', 'lost').length, 2)
})

test('finds notes in which every word stands', () => {
  assert.deepEqual(logic.search(two, 'TWO tea').map((note) => note.id), [1])
  assert.equal(logic.search(two, 'tea rye').length, 0)
  assert.equal(logic.search(two, '').length, 2)
})

test('edits and removes one note only', () => {
  const edited = logic.edit(two, 1, 'Coffee', 'black')
  assert.deepEqual(edited.map((note) => note.heading), ['Bread', 'Coffee'])
  assert.deepEqual(logic.remove(edited, 2).map((note) => note.id), [1])
  assert.equal(logic.summary(1, 2), '1 of 2 notes match.')
})
`,
}
