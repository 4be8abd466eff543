import type { AppKind } from './kind.ts'

/** Questions with one right answer each, and a score. */
export const quiz: AppKind = {
  name: 'quiz',
  noun: 'Quiz',
  words: /\b(?:quiz(?:zes)?\b|trivia|flash-?cards?\b|exam\b)/,
  accent: 'pink',
  markup: () => `
      <form id="question">
        <fieldset>
          <legend id="asked"></legend>
          <div id="choices" class="choices"></div>
        </fieldset>
        <button type="submit" id="answer">Answer</button>
      </form>
      <p id="feedback" role="status" aria-live="polite"></p>
      <p>Right so far: <output id="score">0</output></p>
      <button id="again" type="button">Start again</button>
      <p class="note">The questions are a starting set; they stand at the top of logic.js.</p>`,
  script: `
import { answer, begin, current, verdict } from './logic.js'

let state = load('quiz', begin())

function show() {
  const question = current(state)
  byId('asked').textContent = question ? question.text : 'That was the last question.'
  byId('choices').replaceChildren(...(question ? question.choices.map(choice) : []))
  byId('answer').disabled = !question
  byId('score').textContent = String(state.right)
  save('quiz', state)
}

function choice(text, index) {
  const button = element('input', { type: 'radio', name: 'choice', value: String(index), required: true })
  return element('label', {}, button, ' ' + text)
}

byId('question').addEventListener('submit', (event) => {
  event.preventDefault()
  const chosen = Number(new FormData(event.target).get('choice'))
  byId('feedback').textContent = verdict(state, chosen)
  state = answer(state, chosen)
  show()
})
byId('again').addEventListener('click', () => {
  state = begin()
  byId('feedback').textContent = ''
  show()
})
show()
`,
  logic: `
export const questions = [
  { text: 'Which planet is closest to the sun?', choices: ['Venus', 'Mercury', 'Mars'], right: 1 },
  { text: 'How many degrees are there in a right angle?', choices: ['45', '90', '180'], right: 1 },
  { text: 'Which metal is liquid at room temperature?', choices: ['Mercury', 'Tin', 'Lead'], right: 0 },
  { text: 'What do bees collect from flowers?', choices: ['Resin', 'Nectar', 'Dew'], right: 1 },
  { text: 'How many strings has a violin?', choices: ['Six', 'Five', 'Four'], right: 2 },
]

export const begin = () => ({ at: 0, right: 0 })

export const current = (state) => questions[state.at]

export function answer(state, choice) {
  const question = current(state)
  if (!question) return state
  return { at: state.at + 1, right: state.right + (choice === question.right ? 1 : 0) }
}

export function verdict(state, choice) {
  const question = current(state)
  if (!question) return ''
  return choice === question.right ? 'Right.' : 'No: it is ' + question.choices[question.right] + '.'
}
`,
  logicTest: `
test('every question has a right answer among different choices', () => {
  for (const question of logic.questions) {
    assert.ok(question.choices[question.right] !== undefined, question.text)
    assert.equal(new Set(question.choices).size, question.choices.length, question.text)
  }
})

test('counts right answers and ends after the last question', () => {
  let state = logic.begin()
  for (const question of logic.questions) state = logic.answer(state, question.right)
  assert.equal(state.right, logic.questions.length)
  assert.equal(logic.current(state), undefined)
  assert.deepEqual(logic.answer(state, 0), state)
})

test('names the right answer after a wrong one', () => {
  const [first] = logic.questions
  const wrong = (first.right + 1) % first.choices.length
  assert.equal(logic.verdict(logic.begin(), first.right), 'Right.')
  assert.ok(logic.verdict(logic.begin(), wrong).includes(first.choices[first.right]))
  assert.equal(logic.answer(logic.begin(), wrong).right, 0)
})
`,
}
