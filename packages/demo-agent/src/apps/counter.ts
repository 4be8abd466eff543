import type { AppKind } from './kind.ts'

/** A number that goes up and down by a step. */
export const counter: AppKind = {
  name: 'counter',
  noun: 'Counter',
  words: /\b(?:counters?\b|tally|count (?:up|down|things|clicks)|clicker)/,
  accent: 'purple',
  markup: () => `
      <p><output id="value" class="figure" aria-live="polite" aria-label="Count">0</output></p>
      <div class="row">
        <button id="down" type="button">Less</button>
        <button id="up" type="button">More</button>
        <button id="undo" type="button">Undo</button>
        <button id="reset" type="button">Back to zero</button>
      </div>
      <div class="row">
        <label for="step">Step</label>
        <input id="step" name="step" type="number" min="1" max="1000" value="1">
      </div>`,
  script: `
import { begin, change, reset, stepFrom, undo } from './logic.js'

let state = load('counter', begin())

function show(next) {
  state = next
  byId('value').textContent = String(state.value)
  byId('undo').disabled = state.before.length === 0
  save('counter', state)
}

const step = () => stepFrom(byId('step').value)
byId('up').addEventListener('click', () => show(change(state, step())))
byId('down').addEventListener('click', () => show(change(state, -step())))
byId('undo').addEventListener('click', () => show(undo(state)))
byId('reset').addEventListener('click', () => show(reset(state)))
show(state)
`,
  logic: `
export const begin = () => ({ value: 0, before: [] })

const to = (state, value) => ({ value, before: [...state.before, state.value].slice(-100) })

export const change = (state, by) => {
  const value = state.value + by
  return Number.isSafeInteger(value) ? to(state, value) : state
}

export const reset = (state) => (state.value === 0 ? state : to(state, 0))

export const undo = (state) =>
  state.before.length === 0 ? state : { value: state.before.at(-1), before: state.before.slice(0, -1) }

export function stepFrom(text) {
  const step = Math.floor(Number(text))
  return step >= 1 && step <= 1000 ? step : 1
}
`,
  logicTest: `
test('counts up and down and back to zero', () => {
  const five = logic.change(logic.begin(), 5)
  assert.equal(logic.change(five, -2).value, 3)
  assert.equal(logic.reset(five).value, 0)
})

test('undoes step by step, and no further than the start', () => {
  const three = logic.change(logic.change(logic.begin(), 1), 2)
  assert.equal(logic.undo(three).value, 1)
  assert.equal(logic.undo(logic.undo(logic.undo(three))).value, 0)
})

test('takes only sensible steps', () => {
  assert.deepEqual(['7', '0', '-3', 'x', '5000', '2.9'].map(logic.stepFrom), [7, 1, 1, 1, 1, 2])
  assert.equal(logic.change({ value: Number.MAX_SAFE_INTEGER, before: [] }, 1).value, Number.MAX_SAFE_INTEGER)
})
`,
}
