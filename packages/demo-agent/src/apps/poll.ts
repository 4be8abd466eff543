import type { AppKind } from './kind.ts'
import { capitalise, clip, escapeHtml } from './text.ts'

const otherwise = ['Yes', 'No', 'Not sure']

/** The choices that a request names ("tea, coffee or milk"), else yes, no and not sure. */
export function choicesFrom(request: string): string[] {
  const match =
    /((?:[\p{L}\p{N}'’-]+,\s+){0,6}[\p{L}\p{N}'’-]+,?)\s+or\s+([\p{L}\p{N}'’-]+)/iu.exec(
      clip(request, 2000),
    )
  if (!match) return otherwise
  const named = [...(match[1] ?? '').split(','), match[2] ?? '']
    .map((choice) => capitalise(clip(choice.trim(), 40)))
    .filter((choice) => choice !== '')
  return new Set(named).size === named.length && named.length > 1 ? named : otherwise
}

const choice = (text: string, index: number) =>
  `          <label><input type="radio" name="choice" value="${index}" required> <span>${escapeHtml(text)}</span></label>`

/** A poll with its result as bars. */
export const poll: AppKind = {
  name: 'poll',
  noun: 'Poll',
  words: /\b(?:polls?\b|vot(?:e|es|ing)\b|survey|ballot)/,
  accent: 'green',
  markup: (plan) => `
      <form id="vote">
        <fieldset id="choices">
          <legend>Your vote</legend>
${choicesFrom(plan.request).map(choice).join('\n')}
        </fieldset>
        <button type="submit">Vote</button>
      </form>
      <h3>Result</h3>
      <p id="total" role="status" aria-live="polite"></p>
      <ul id="bars" class="items"></ul>
      <button id="reset" type="button">Start again</button>
      <p class="note">Votes are kept in this browser only: a static page has no ballot box to share.</p>`,
  script: `
import { begin, results, vote } from './logic.js'

const names = [...document.querySelectorAll('#choices span')].map((span) => span.textContent)
let votes = load('poll', begin(names.length))
if (votes.length !== names.length) votes = begin(names.length)

function show() {
  byId('bars').replaceChildren(...results(votes).map(bar))
  const total = votes.reduce((sum, count) => sum + count, 0)
  byId('total').textContent = total === 1 ? '1 vote' : total + ' votes'
  save('poll', votes)
}

function bar(result, index) {
  const meter = element('progress', { max: 100, value: result.percent })
  meter.setAttribute('aria-label', names[index])
  return element('li', {}, names[index] + ': ' + result.votes + ' (' + result.percent + ' %) ', meter)
}

byId('vote').addEventListener('submit', (event) => {
  event.preventDefault()
  votes = vote(votes, Number(new FormData(event.target).get('choice')))
  event.target.reset()
  show()
})
byId('reset').addEventListener('click', () => {
  votes = begin(names.length)
  show()
})
show()
`,
  logic: `
export const begin = (choices) => Array.from({ length: choices }, () => 0)

export const vote = (votes, choice) =>
  votes.map((count, index) => (index === choice ? count + 1 : count))

export function results(votes) {
  const total = votes.reduce((sum, count) => sum + count, 0)
  return votes.map((count) => ({ votes: count, percent: total === 0 ? 0 : Math.round((count / total) * 100) }))
}
`,
  logicTest: `
test('counts each vote once', () => {
  const votes = logic.vote(logic.vote(logic.begin(3), 1), 1)
  assert.deepEqual(votes, [0, 2, 0])
  assert.deepEqual(logic.vote(votes, 7), votes)
})

test('shows shares, also of nothing', () => {
  assert.deepEqual(logic.results([1, 3]).map((result) => result.percent), [25, 75])
  assert.deepEqual(logic.results([0, 0]).map((result) => result.percent), [0, 0])
})
`,
}
