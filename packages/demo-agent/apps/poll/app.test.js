import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage, testPage } from '../lab.js'

const folder = new URL('./', import.meta.url)
testPage(folder)

function open(storage) {
  const page = openPage(folder, { storage })
  return {
    ...page,
    vote(index) {
      page.choose(String(index))
      page.button('Vote').click()
    },
    shares: () => page.texts('#choices output'),
    summary: () => page.byId('summary').textContent,
  }
}
const names = openPage(folder).texts('#choices span')

test('there is something to choose from', () => {
  assert.ok(names.length > 1)
  assert.equal(new Set(names).size, names.length)
})

test('counts each vote once and shows its share', () => {
  const page = open()
  assert.equal(page.summary(), 'No votes yet.')
  page.vote(1)
  page.vote(1)
  page.vote(0)
  assert.deepEqual(page.shares().slice(0, 2), ['1 (33 %)', '2 (67 %)'])
  assert.deepEqual(
    page
      .all('#choices progress')
      .map((bar) => bar.value)
      .slice(0, 2),
    [33, 67],
  )
  assert.equal(page.summary(), `3 votes. ${names[1]} leads.`)
})

test('needs a choice for each vote', () => {
  const page = open()
  page.button('Vote').click()
  page.vote(0)
  page.button('Vote').click()
  assert.equal(page.summary(), `1 vote. ${names[0]} leads.`)
})

test('takes the last vote back, and starts again', () => {
  const page = open()
  assert.equal(page.byId('undo').disabled, true)
  page.vote(0)
  page.vote(1)
  assert.equal(page.summary(), `2 votes. ${names[0]} and ${names[1]} are level.`)
  page.byId('undo').click()
  assert.equal(page.summary(), `1 vote. ${names[0]} leads.`)
  page.byId('restart').click()
  assert.equal(page.summary(), 'No votes yet.')
})

test('survives a reload and damaged storage', () => {
  const page = open()
  page.vote(1)
  assert.equal(open(page.storage).summary(), `1 vote. ${names[1]} leads.`)
  const [key] = page.storage.keys()
  for (const damaged of ['{', 'null', '[9, "length", null, -1]']) {
    assert.equal(open(new Map([[key, damaged]])).summary(), 'No votes yet.')
  }
})
