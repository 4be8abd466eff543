import type { AppKind } from './kind.ts'

/** Work and break intervals, or a plain countdown. */
export const timer: AppKind = {
  name: 'timer',
  noun: 'Timer',
  words: /\b(?:timers?\b|pomodoro|countdown|stop-?watch|egg clock)/,
  accent: 'red',
  markup: () => `
      <p id="phase" role="status" aria-live="polite"></p>
      <p id="left" class="figure" role="timer" aria-label="Time left"></p>
      <div class="row">
        <button id="start" type="button">Start</button>
        <button id="reset" type="button">Reset</button>
        <button id="skip" type="button">Skip to the next interval</button>
      </div>
      <form id="lengths" class="row">
        <label for="work">Work, minutes</label>
        <input id="work" name="work" type="number" min="1" max="180" value="25" required>
        <label for="break">Break, minutes</label>
        <input id="break" name="break" type="number" min="1" max="60" value="5" required>
        <button type="submit">Set</button>
      </form>
      <p>Finished work intervals: <output id="finished">0</output></p>`,
  script: `
import { begin, format, isOver, next, pause, secondsLeft, start } from './logic.js'

let lengths = load('timer', { work: 25, break: 5 })
let state = begin(lengths)

function show() {
  const now = Date.now()
  if (isOver(state, now)) state = start(next(state, lengths), now)
  byId('left').textContent = format(secondsLeft(state, now))
  const phase = state.phase === 'work' ? 'Work' : 'Break'
  const text = state.endsAt === null ? phase + ', not running' : phase
  if (byId('phase').textContent !== text) byId('phase').textContent = text
  byId('start').textContent = state.endsAt === null ? 'Start' : 'Pause'
  byId('finished').textContent = String(state.finished)
}

byId('start').addEventListener('click', () => {
  const now = Date.now()
  state = state.endsAt === null ? start(state, now) : pause(state, now)
  show()
})
byId('reset').addEventListener('click', () => {
  state = begin(lengths)
  show()
})
byId('skip').addEventListener('click', () => {
  state = next(state, lengths)
  show()
})
byId('lengths').addEventListener('submit', (event) => {
  event.preventDefault()
  lengths = { work: Number(byId('work').value), break: Number(byId('break').value) }
  save('timer', lengths)
  state = begin(lengths)
  show()
})
byId('work').value = String(lengths.work)
byId('break').value = String(lengths.break)
setInterval(show, 250)
show()
`,
  logic: `
const minute = 60000

export const begin = (lengths) => ({ phase: 'work', left: lengths.work * minute, endsAt: null, finished: 0 })

// The end is a moment, not a count of ticks: a sleeping tab loses ticks, never the time.
export const start = (state, now) => ({ ...state, endsAt: now + state.left })

export const pause = (state, now) =>
  state.endsAt === null ? state : { ...state, left: Math.max(0, state.endsAt - now), endsAt: null }

export const isOver = (state, now) => state.endsAt !== null && now >= state.endsAt

export function next(state, lengths) {
  const phase = state.phase === 'work' ? 'break' : 'work'
  const finished = state.finished + (state.phase === 'work' ? 1 : 0)
  return { phase, left: lengths[phase] * minute, endsAt: null, finished }
}

export const secondsLeft = (state, now) =>
  Math.ceil((state.endsAt === null ? state.left : Math.max(0, state.endsAt - now)) / 1000)

export const format = (seconds) =>
  String(Math.floor(seconds / 60)).padStart(2, '0') + ':' + String(seconds % 60).padStart(2, '0')
`,
  logicTest: `
const lengths = { work: 25, break: 5 }

test('shows minutes and seconds', () => {
  assert.equal(logic.format(0), '00:00')
  assert.equal(logic.format(65), '01:05')
  assert.equal(logic.format(6000), '100:00')
})

test('counts down by the clock, pauses and goes on', () => {
  const running = logic.start(logic.begin(lengths), 1000)
  assert.equal(logic.secondsLeft(running, 61000), 24 * 60)
  const paused = logic.pause(running, 61000)
  assert.equal(logic.secondsLeft(paused, 999999), 24 * 60)
  assert.equal(logic.secondsLeft(logic.start(paused, 999999), 999999), 24 * 60)
})

test('work is followed by a break and counted', () => {
  const running = logic.start(logic.begin(lengths), 0)
  assert.equal(logic.isOver(running, 25 * 60000 - 1), false)
  assert.equal(logic.isOver(running, 25 * 60000), true)
  const rest = logic.next(running, lengths)
  assert.deepEqual([rest.phase, rest.finished, rest.left], ['break', 1, 300000])
  assert.equal(logic.next(rest, lengths).finished, 1)
})
`,
}
