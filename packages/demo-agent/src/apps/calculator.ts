import type { AppKind } from './kind.ts'

const keys = ['7', '8', '9', '/', '4', '5', '6', '*', '1', '2', '3', '-', '0', '.', '(', ')', '+']
const names: Record<string, string> = {
  '/': 'divided by',
  '*': 'times',
  '-': 'minus',
  '+': 'plus',
  '.': 'point',
  '(': 'open bracket',
  ')': 'close bracket',
}
const key = (text: string) =>
  `        <button type="button" data-key="${text}"${names[text] ? ` aria-label="${names[text]}"` : ''}>${text}</button>`

/** A calculator with brackets and precedence, by key or by typing. */
export const calculator: AppKind = {
  name: 'calculator',
  noun: 'Calculator',
  words: /\b(?:calculator|calculate|calculation|sums?\b|arithmetic)/,
  accent: 'teal',
  markup: () => `
      <form id="form" class="row">
        <label for="expression">Calculation</label>
        <input id="expression" name="expression" inputmode="decimal" autocomplete="off" required>
        <button type="submit">Equals</button>
      </form>
      <p>Result: <output id="result" class="figure" aria-live="polite">0</output></p>
      <div id="keys" class="keys" role="group" aria-label="Keys">
${keys.map(key).join('\n')}
        <button type="button" id="clear">Clear</button>
      </div>
      <h3>Before</h3>
      <ol id="history" class="items"></ol>`,
  script: `
import { calculate, format, remember } from './logic.js'

let history = load('calculator', [])

function show() {
  byId('history').replaceChildren(...history.map((line) => element('li', {}, line)))
  save('calculator', history)
}

byId('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const expression = byId('expression').value
  try {
    const result = format(calculate(expression))
    byId('result').textContent = result
    history = remember(history, expression.trim() + ' = ' + result)
    show()
  } catch (error) {
    byId('result').textContent = error.message
  }
})
byId('keys').addEventListener('click', (event) => {
  const pressed = event.target.closest('[data-key]')
  if (pressed) byId('expression').value += pressed.dataset.key
})
byId('clear').addEventListener('click', () => {
  byId('expression').value = ''
  byId('result').textContent = '0'
})
show()
`,
  logic: `
// A small parser: the page's rules forbid eval, and a calculator needs none.
export function calculate(text) {
  const tokens = text.match(/\\d+(?:\\.\\d*)?|\\.\\d+|\\S/g) ?? []
  let at = 0
  const sum = () => chain(product, { '+': (a, b) => a + b, '-': (a, b) => a - b })
  const product = () => chain(factor, { '*': (a, b) => a * b, '/': divide })
  function chain(part, operators) {
    let value = part()
    while (Object.hasOwn(operators, tokens[at] ?? '')) value = operators[tokens[at++]](value, part())
    return value
  }
  function factor() {
    const token = tokens[at++]
    if (token === '-') return -factor()
    if (token === '+') return factor()
    if (token === '(') {
      const value = sum()
      if (tokens[at++] !== ')') throw new Error('A bracket is not closed')
      return value
    }
    if (token === undefined) throw new Error('Something is missing at the end')
    if (!/^[\\d.]/.test(token) || token === '.') throw new Error('Not understood: ' + token)
    return Number(token)
  }
  const value = sum()
  if (at < tokens.length) throw new Error('Not understood: ' + tokens[at])
  return value
}

function divide(a, b) {
  if (b === 0) throw new Error('Division by zero')
  return a / b
}

// Fifteen digits hide the binary tail of 0.1 + 0.2.
export const format = (value) => String(Number(value.toPrecision(15)))

export const remember = (history, line) => [line, ...history].slice(0, 10)
`,
  logicTest: `
test('keeps to precedence, brackets and signs', () => {
  assert.equal(logic.calculate('2 + 3 * 4'), 14)
  assert.equal(logic.calculate('(2+3)*4'), 20)
  assert.equal(logic.calculate('-2 * -(1 + .5)'), 3)
  assert.equal(logic.calculate('8/4/2'), 1)
})

test('shows sums without a binary tail', () => {
  assert.equal(logic.format(logic.calculate('0.1 + 0.2')), '0.3')
})

test('says what is wrong', () => {
  assert.throws(() => logic.calculate('1/0'), /Division by zero/)
  assert.throws(() => logic.calculate('(1'), /not closed/)
  assert.throws(() => logic.calculate('1 +'), /missing/)
  assert.throws(() => logic.calculate('1 2'), /Not understood: 2/)
  assert.throws(() => logic.calculate('alert(1)'), /Not understood: a/)
})

test('remembers the last ten', () => {
  let history = []
  for (let n = 0; n < 12; n++) history = logic.remember(history, String(n))
  assert.deepEqual([history.length, history[0]], [10, '11'])
})
`,
}
