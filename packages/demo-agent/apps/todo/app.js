// A todo list. Its tasks are kept in this browser; the list on the page is always drawn anew from them.
const storageKey = 'todo'
const byId = (id) => document.getElementById(id)
const isTask = (task) => typeof task?.text === 'string' && Number.isInteger(task.id)
const isShown = {
  all: () => true,
  open: (task) => !task.done,
  done: (task) => task.done,
}
const emptyTexts = {
  all: 'Nothing here yet. Add your first task above.',
  open: 'Nothing left to do.',
  done: 'Nothing is done yet.',
}
let tasks = readTasks()
let filter = 'all'

/** What is stored may be damaged, or come from another app at the same address. */
function readTasks() {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey))
    return Array.isArray(stored) ? stored.filter(isTask) : []
  } catch {
    return []
  }
}

function change(next) {
  tasks = next
  try {
    localStorage.setItem(storageKey, JSON.stringify(tasks))
  } catch {
    // A private window may refuse storage: the list then lasts as long as the page.
  }
  show()
}

function show() {
  const shown = tasks.filter(isShown[filter])
  byId('tasks').replaceChildren(...shown.map(renderTask))
  byId('empty').hidden = shown.length > 0
  byId('empty').textContent = emptyTexts[filter]
  const open = tasks.filter(isShown.open).length
  byId('summary').textContent =
    tasks.length === 0 ? '' : open === 0 ? 'All done.' : `${open} of ${tasks.length} still open.`
  byId('clear').hidden = open === tasks.length
}

function renderTask(task) {
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.checked = task.done
  box.addEventListener('change', () => {
    toggle(task.id)
    focusTask(task.id)
  })
  const label = document.createElement('label')
  const text = document.createElement('span')
  text.textContent = task.text
  text.dir = 'auto'
  label.append(box, text)
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet'
  button.textContent = 'Delete'
  button.setAttribute('aria-label', `Delete ${task.text}`)
  button.addEventListener('click', () => {
    change(tasks.filter((other) => other.id !== task.id))
    byId('text').focus()
  })
  const item = document.createElement('li')
  item.id = `task-${task.id}`
  item.append(label, button)
  return item
}

function add(text) {
  const id = Math.max(0, ...tasks.map((task) => task.id)) + 1
  change([...tasks, { id, text, done: false }])
}

function toggle(id) {
  change(tasks.map((task) => (task.id === id ? { ...task, done: !task.done } : task)))
}

/** A redrawn list has lost the keyboard's place: it goes back to the same task, or else to the text field. */
function focusTask(id) {
  const box = byId(`task-${id}`)?.querySelector('input') ?? byId('text')
  box.focus()
}

byId('add').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = byId('text').value.trim()
  if (text !== '') add(text)
  byId('text').value = ''
  byId('text').focus()
})
for (const choice of document.querySelectorAll('.filters input')) {
  choice.addEventListener('change', () => {
    filter = choice.value
    show()
  })
}
byId('clear').addEventListener('click', () => {
  change(tasks.filter(isShown.open))
  byId('text').focus()
})
// Two tabs show the same list.
window.addEventListener('storage', () => {
  tasks = readTasks()
  show()
})
show()
