import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage, testPage } from '../lab.js'

const folder = new URL('./', import.meta.url)
testPage(folder)

function open(storage) {
  const page = openPage(folder, { storage })
  return {
    ...page,
    tasks: () => page.texts('#tasks span'),
    summary: () => page.byId('summary').textContent,
    add(...texts) {
      for (const text of texts) {
        page.byId('text').value = text
        page.button('Add').click()
      }
    },
    tick: (index) => page.all('#tasks input')[index].click(),
  }
}

test('adds tasks as text, trimmed, and none that is empty', () => {
  const page = open()
  page.add(' milk ', '   ', '', '<b>bread</b>')
  assert.deepEqual(page.tasks(), ['milk', '<b>bread</b>'])
  assert.equal(page.byId('text').value, '')
  assert.equal(page.document.activeElement, page.byId('text'))
})

test('ticks off, and back', () => {
  const page = open()
  page.add('milk', 'bread')
  page.tick(1)
  assert.equal(page.summary(), '1 of 2 still open.')
  assert.equal(page.document.activeElement, page.all('#tasks input')[1])
  page.tick(0)
  assert.equal(page.summary(), 'All done.')
  page.tick(0)
  assert.equal(page.summary(), '1 of 2 still open.')
})

test('shows all, what is open, or what is done', () => {
  const page = open()
  page.add('milk', 'bread', 'tea')
  page.tick(1)
  page.choose('open')
  assert.deepEqual(page.tasks(), ['milk', 'tea'])
  page.choose('done')
  assert.deepEqual(page.tasks(), ['bread'])
  page.tick(0)
  assert.deepEqual(page.tasks(), [])
  assert.equal(page.byId('empty').textContent, 'Nothing is done yet.')
  page.choose('all')
  assert.equal(page.tasks().length, 3)
})

test('deletes one task, or all that are done', () => {
  const page = open()
  page.add('milk', 'bread', 'tea')
  page.button('Delete bread').click()
  assert.deepEqual(page.tasks(), ['milk', 'tea'])
  assert.equal(page.byId('clear').hidden, true)
  page.tick(0)
  page.byId('clear').click()
  assert.deepEqual(page.tasks(), ['tea'])
})

test('survives a reload, another tab and damaged storage', () => {
  const page = open()
  page.add('milk', 'bread')
  page.tick(0)
  const again = open(page.storage)
  assert.deepEqual(again.tasks(), ['milk', 'bread'])
  assert.equal(again.summary(), '1 of 2 still open.')
  again.add('tea')
  page.storageChanged()
  assert.deepEqual(page.tasks(), ['milk', 'bread', 'tea'])
  for (const damaged of ['{', 'null', '7', '[1, null, {}, {"text":"x"}]']) {
    assert.deepEqual(open(new Map([['todo', damaged]])).tasks(), [])
  }
})
