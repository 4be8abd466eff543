// A countdown. It stores the moment of its end and counts no ticks: a sleeping tab or a reload loses no time.
const storageKey = 'timer'
const minute = 60_000
const byId = (id) => document.getElementById(id)
const titleText = document.title
let timer = readTimer() ?? setTo(parseMinutes(byId('left').textContent))

/** A timer that stands at its full length. */
function setTo(minutes) {
  return { length: minutes * minute, left: minutes * minute, endsAt: null }
}

/** "5:00", as the page says it, in minutes. */
function parseMinutes(text) {
  const [minutes, seconds] = text.split(':').map(Number)
  return minutes + seconds / 60
}

/** What is stored may be damaged. */
function readTimer() {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey))
    const isSound =
      stored.length > 0 && stored.left >= 0 && (stored.endsAt === null || stored.endsAt > 0)
    return isSound ? stored : undefined
  } catch {
    return undefined
  }
}

function change(next) {
  timer = next
  try {
    localStorage.setItem(storageKey, JSON.stringify(timer))
  } catch {
    // A private window may refuse storage: the timer then lasts as long as the page.
  }
  show()
}

const leftMs = () => (timer.endsAt === null ? timer.left : Math.max(0, timer.endsAt - Date.now()))

function format(ms) {
  const seconds = Math.ceil(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

function show() {
  const left = leftMs()
  const isOver = left === 0
  const isRunning = timer.endsAt !== null && !isOver
  byId('left').textContent = format(left)
  byId('progress').value = 1 - left / timer.length
  byId('start').textContent = isRunning ? 'Pause' : isOver ? 'Again' : 'Start'
  document.body.className = isOver ? 'over' : ''
  document.title = isRunning || isOver ? `${format(left)} · ${titleText}` : titleText
  say(isOver ? 'Time is up.' : isRunning ? 'Running' : left < timer.length ? 'Paused' : 'Ready')
}

/** A screen reader repeats what is written anew, so only a changed state is written. */
function say(state) {
  if (byId('state').textContent !== state) byId('state').textContent = state
}

byId('start').addEventListener('click', () => {
  const left = leftMs()
  if (left === 0) change({ ...timer, left: timer.length, endsAt: Date.now() + timer.length })
  else if (timer.endsAt === null) change({ ...timer, endsAt: Date.now() + left })
  else change({ ...timer, left, endsAt: null })
})
byId('reset').addEventListener('click', () => change(setTo(timer.length / minute)))
byId('set').addEventListener('submit', (event) => {
  event.preventDefault()
  const minutes = Number(byId('minutes').value)
  if (minutes > 0) change(setTo(minutes))
  byId('minutes').value = ''
})
for (const preset of document.querySelectorAll('.presets button')) {
  preset.addEventListener('click', () => change(setTo(Number(preset.value))))
}
setInterval(show, 250)
show()
