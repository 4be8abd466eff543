import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openPage, testPage } from '../lab.js'

const folder = new URL('./', import.meta.url)
testPage(folder)

const minute = 60_000

function open(options) {
  const clock = { now: 1_000_000 }
  const page = openPage(folder, { clock, ...options })
  return {
    ...page,
    clock,
    left: () => page.byId('left').textContent,
    state: () => page.byId('state').textContent,
    set(minutes) {
      page.byId('minutes').value = minutes
      page.button('Set').click()
    },
  }
}

test('begins at the length that the page names', () => {
  assert.match(open().left(), /^\d+:00$/)
  assert.equal(open().state(), 'Ready')
})

test('counts down by the clock, pauses and goes on', () => {
  const page = open()
  page.set('5')
  page.byId('start').click()
  page.wait(minute)
  assert.deepEqual([page.left(), page.state()], ['4:00', 'Running'])
  assert.match(page.document.title, /^4:00 · /)
  page.byId('start').click()
  page.wait(10 * minute)
  assert.deepEqual([page.left(), page.state()], ['4:00', 'Paused'])
  page.byId('start').click()
  page.wait(30_000)
  assert.equal(page.left(), '3:30')
  assert.equal(page.byId('progress').value.toFixed(2), '0.30')
})

test('says that the time is up, once, and starts again', () => {
  const page = open()
  page.button('1 min').click()
  page.byId('start').click()
  page.wait(61_000)
  assert.deepEqual([page.left(), page.state()], ['0:00', 'Time is up.'])
  assert.equal(page.byId('start').textContent, 'Again')
  page.byId('start').click()
  assert.deepEqual([page.left(), page.state()], ['1:00', 'Running'])
})

test('takes any length, and none that is not one', () => {
  const page = open()
  page.set('0.5')
  assert.equal(page.left(), '0:30')
  for (const wrong of ['', '0', '-3', 'x']) page.set(wrong)
  assert.equal(page.left(), '0:30')
  page.set('90')
  assert.equal(page.left(), '90:00')
})

test('is put back to its full length', () => {
  const page = open()
  page.set('2')
  page.byId('start').click()
  page.wait(minute)
  page.byId('reset').click()
  assert.deepEqual([page.left(), page.state()], ['2:00', 'Ready'])
})

test('runs on over a reload, and survives damaged storage', () => {
  const page = open()
  page.set('5')
  page.byId('start').click()
  page.wait(minute)
  assert.equal(open({ storage: page.storage, clock: page.clock }).left(), '4:00')
  for (const damaged of ['{', 'null', '{"length":"x"}', '[]']) {
    assert.equal(open({ storage: new Map([['timer', damaged]]) }).state(), 'Ready')
  }
})
