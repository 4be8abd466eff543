import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { testPage } from '../lab.js'

const folder = new URL('./', import.meta.url)
testPage(folder)

test('the page says that it is not the app, and what would make it', () => {
  const html = readFileSync(new URL('index.html', folder), 'utf8')
  assert.match(html, /It is not the app that the request asks for/)
  assert.match(html, /What a real agent would do/)
})
