// A poll. The choices stand in the page; the votes, in their order, are kept in this browser.
const byId = (id) => document.getElementById(id)
const names = [...document.querySelectorAll('#choices li')].map((item) => item.textContent.trim())
/** Votes for other choices, of an earlier version of this page, do not count here. */
const storageKey = `poll ${JSON.stringify(names)}`
const rows = names.map(createRow)
let votes = readVotes()

/** What is stored may be damaged. */
function readVotes() {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey))
    return Array.isArray(stored)
      ? stored.filter((vote) => Number.isInteger(vote) && vote in names)
      : []
  } catch {
    return []
  }
}

function createRow(name, index) {
  const radio = document.createElement('input')
  radio.type = 'radio'
  radio.name = 'choice'
  radio.value = String(index)
  radio.required = true
  const text = document.createElement('span')
  text.textContent = name
  text.dir = 'auto'
  const share = document.createElement('output')
  const bar = document.createElement('progress')
  bar.max = 100
  bar.setAttribute('aria-label', `Share of ${name}`)
  const label = document.createElement('label')
  label.append(radio, text, share, bar)
  const item = document.createElement('li')
  item.append(label)
  return { item, radio, share, bar }
}

function change(next) {
  votes = next
  try {
    localStorage.setItem(storageKey, JSON.stringify(votes))
  } catch {
    // A private window may refuse storage: the votes then last as long as the page.
  }
  show()
}

function show() {
  const counts = names.map((_, index) => votes.filter((vote) => vote === index).length)
  for (const [index, { radio, share, bar }] of rows.entries()) {
    const percent = votes.length === 0 ? 0 : Math.round((counts[index] / votes.length) * 100)
    bar.value = percent
    share.textContent = `${counts[index]} (${percent} %)`
    radio.checked = false
  }
  byId('summary').textContent = summaryOf(counts)
  byId('undo').disabled = votes.length === 0
  byId('restart').disabled = votes.length === 0
}

function summaryOf(counts) {
  if (votes.length === 0) return 'No votes yet.'
  const most = Math.max(...counts)
  const leaders = names.filter((_, index) => counts[index] === most)
  const number = votes.length === 1 ? '1 vote' : `${votes.length} votes`
  return `${number}. ${leaders.length === 1 ? `${leaders[0]} leads.` : `${leaders.join(' and ')} are level.`}`
}

byId('choices').replaceChildren(...rows.map(({ item }) => item))
byId('vote').addEventListener('submit', (event) => {
  event.preventDefault()
  const chosen = rows.findIndex(({ radio }) => radio.checked)
  if (chosen >= 0) change([...votes, chosen])
})
byId('undo').addEventListener('click', () => change(votes.slice(0, -1)))
byId('restart').addEventListener('click', () => change([]))
show()
