import type { AppKind } from './kind.ts'

/** A book that visitors sign. */
export const guestbook: AppKind = {
  name: 'guestbook',
  noun: 'Guestbook',
  words: /\b(?:guest-?\s?books?\b|visitors?['’]? book|comments? (?:page|wall)|message wall)/,
  accent: 'teal',
  markup: () => `
      <form id="sign">
        <label for="name">Your name</label>
        <input id="name" name="name" maxlength="60" required autocomplete="name">
        <label for="text">Your message</label>
        <textarea id="text" name="text" rows="3" maxlength="500" required></textarea>
        <button type="submit">Sign the book</button>
      </form>
      <p id="feedback" role="status" aria-live="polite"></p>
      <div id="entries" class="cards"></div>
      <p class="note">Entries are kept in this browser only: a static page has no book to share.</p>`,
  script: `
import { day, problem, sign } from './logic.js'

let entries = load('guestbook', [])

function show() {
  byId('entries').replaceChildren(...entries.map(card))
  save('guestbook', entries)
}

const card = (entry) =>
  element(
    'article',
    {},
    element('h3', {}, entry.name),
    element('p', { className: 'text' }, entry.text),
    element('p', { className: 'note' }, day(entry.at)),
  )

byId('sign').addEventListener('submit', (event) => {
  event.preventDefault()
  const name = byId('name').value
  const text = byId('text').value
  const wrong = problem(entries, name, text)
  byId('feedback').textContent = wrong ?? 'Thank you, ' + name.trim() + '.'
  if (wrong) return
  entries = sign(entries, name, text, Date.now())
  event.target.reset()
  show()
})
show()
`,
  logic: `
export function problem(entries, name, text) {
  if (name.trim() === '') return 'Please give your name.'
  if (text.trim() === '') return 'Please write a message.'
  const [last] = entries
  if (last && last.name === name.trim() && last.text === text.trim()) return 'This message is already in the book.'
  return null
}

export const sign = (entries, name, text, at) => [{ name: name.trim(), text: text.trim(), at }, ...entries]

export const day = (at) => new Date(at).toISOString().slice(0, 10)
`,
  logicTest: `
const one = logic.sign([], ' Ada ', 'Good work', 0)

test('keeps trimmed entries, the newest first', () => {
  const two = logic.sign(one, 'Bob', 'Hello', 1)
  assert.deepEqual(two.map((entry) => entry.name), ['Bob', 'Ada'])
  assert.equal(logic.day(0), '1970-01-01')
})

test('says what is missing or said twice', () => {
  assert.match(logic.problem([], ' ', 'x'), /name/)
  assert.match(logic.problem([], 'Ada', ' '), /message/)
  assert.match(logic.problem(one, 'Ada', 'Good work '), /already/)
  assert.equal(logic.problem(one, 'Ada', 'More'), null)
})
`,
}
