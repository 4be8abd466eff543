import type { AppKind } from './kind.ts'
import { escapeHtml, phrasesFrom } from './text.ts'

const headingOf = (phrase: string) => phrase.split(' ').slice(0, 5).join(' ')

/** A part in full below its heading, unless the heading says it all. */
const section = (phrase: string, index: number) => {
  const heading = headingOf(phrase)
  const text = heading === phrase ? '' : `\n          <p dir="auto">${escapeHtml(phrase)}</p>`
  return `        <article id="part-${index + 1}">
          <h3 dir="auto">${escapeHtml(heading)}</h3>${text}
          <button type="button" class="quiet" aria-pressed="false" aria-label="Mark ${escapeHtml(heading)}">Mark</button>
        </article>`
}

/** The fallback: a page whose sections are the request's own parts. */
export const landing: AppKind = {
  name: 'landing',
  noun: 'Landing page',
  words: /\b(?:landing|home-?page|web-?site|portfolio|brochure)/,
  accent: 'blue',
  markup: (plan) => {
    const phrases = phrasesFrom(plan.request)
    const parts = phrases.length > 0 ? phrases : ['About this page']
    return `
      <div class="row">
        <label for="find">Find a part</label>
        <input id="find" name="find" type="search">
      </div>
      <p id="summary" role="status" aria-live="polite"></p>
      <div id="parts" class="cards">
${parts.map(section).join('\n')}
      </div>`
  },
  script: `
import { matches, summary, toggle } from './logic.js'

const parts = [...document.querySelectorAll('#parts article')]
let marked = load('landing', [])

function show() {
  const found = parts.filter((part) => matches(part.textContent, byId('find').value))
  for (const part of parts) {
    part.hidden = !found.includes(part)
    const button = part.querySelector('button')
    const isMarked = marked.includes(part.id)
    button.setAttribute('aria-pressed', String(isMarked))
    button.textContent = isMarked ? 'Marked' : 'Mark'
  }
  byId('summary').textContent = summary(found.length, parts.length, marked.length)
  save('landing', marked)
}

byId('find').addEventListener('input', show)
byId('parts').addEventListener('click', (event) => {
  const part = event.target.closest('button')?.closest('article')
  if (!part) return
  marked = toggle(marked, part.id)
  show()
})
show()
`,
  logic: `
export function matches(text, words) {
  const lower = text.toLowerCase()
  return words.toLowerCase().split(/\\s+/).filter(Boolean).every((word) => lower.includes(word))
}

export const toggle = (marked, id) =>
  marked.includes(id) ? marked.filter((other) => other !== id) : [...marked, id]

export function summary(found, all, marked) {
  const shown = found === all ? 'Parts: ' + all : 'Parts: ' + found + ' of ' + all
  return marked === 0 ? shown + '.' : shown + ', marked: ' + marked + '.'
}
`,
  logicTest: `
test('finds a part by all of its words', () => {
  assert.ok(logic.matches('Fresh bread daily', 'BREAD fresh'))
  assert.ok(logic.matches('Fresh bread daily', ''))
  assert.ok(!logic.matches('Fresh bread daily', 'bread weekly'))
})

test('marks and unmarks', () => {
  const once = logic.toggle([], 'part-1')
  assert.deepEqual(once, ['part-1'])
  assert.deepEqual(logic.toggle(once, 'part-1'), [])
  assert.equal(logic.summary(1, 3, 1), 'Parts: 1 of 3, marked: 1.')
})
`,
}
