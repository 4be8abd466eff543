import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { FailureReason } from '../../../src/builds/next-step.ts'
import { exitCodeOfFailure, exitCodes } from '../../../src/cli/exit-codes.ts'

const root = new URL('../../..', import.meta.url).pathname
const page = readFileSync(join(root, 'docs/guides/troubleshooting.md'), 'utf8')

/** The page's tables, their cells without code marks. */
const rows = page
  .split('\n')
  .filter((line) => /^\| `/.test(line))
  .map((line) =>
    line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').replaceAll('`', '')),
  )

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
  .map((name) => ({ name, text: readFileSync(join(root, 'src', name), 'utf8') }))

const call =
  /(?<!function )\b(?:usageError|notReady|conflict|noSuchSession|explainStackFailure|new TmuxBuilderError|tell)\(/g
/** An exit code and a reason may stand before the sentence. */
const sentence =
  /\s*(?:[\w.]+(?:\(\w+\))?,\s*)?(?:'[a-z_]+',\s*)?(?:'((?:\\.|[^'])*)'|`((?:\\.|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`])*)`)/y

/** Every sentence of an error in a source, with `…` for what it fills in; `undefined`: it is not written there. */
const sentencesIn = (text: string) =>
  [...text.matchAll(call)].map((match) => {
    sentence.lastIndex = match.index + match[0].length
    const found = sentence.exec(text)
    const written = found?.[1] ?? found?.[2]
    return written?.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…').replaceAll(/\\(.)/g, '$1')
  })

const sentences = [...new Set(sources.flatMap(({ text }) => sentencesIn(text)))]

test('every sentence of an error is on the page with its cure, and no other', () => {
  expect(sentences.length).toBeGreaterThan(60)
  // Passed on: commander’s own (src/cli/run-cli.ts), all problems of the templates, those that src/cli/main.ts and others build.
  const written = sentences.filter((one) => one !== undefined && /[a-z]{3}/i.test(one))
  const told = rows
    .filter((row) => row.length === 3 && /[.:…]$/.test(row[0] ?? ''))
    .map((row) => row[0])
  expect(told.toSorted()).toEqual(written.toSorted())
  expect(rows.filter((row) => row.length === 3 && (row[2] ?? '').length < 5)).toEqual([])
})

test('few errors are made of sentences that stand elsewhere', () => {
  const passedOn = sources.filter(({ text }) => sentencesIn(text).includes(undefined))
  expect(passedOn.map(({ name }) => name).toSorted()).toEqual([
    'app/join-failures.ts',
    'cli/main.ts',
    'prompts/template-files.ts',
    'targets/aws/messages.ts',
  ])
})

test('every failure reason is on the page with its exit code', () => {
  // One that is added there does not compile here until it is named.
  const reasons: Record<FailureReason, true> = {
    agent_error: true,
    agent_exited: true,
    agent_failed: true,
    agent_start: true,
    attempt_timeout: true,
    budget: true,
    credit: true,
    internal: true,
    limit: true,
    login: true,
    no_claim: true,
    overload: true,
    permission: true,
    prompt_not_accepted: true,
    question: true,
    rejected: true,
    stalled: true,
    timeout: true,
    verification: true,
  }
  const told = Object.fromEntries(
    rows.filter((row) => row.length === 4).map((row) => [row[0], Number(row[1])]),
  )
  expect(told).toEqual(
    Object.fromEntries(
      (Object.keys(reasons) as FailureReason[]).map((one) => [one, exitCodeOfFailure(one)]),
    ),
  )
})

test('every exit code is on the page', () => {
  const told = rows.filter((row) => /^\d+$/.test(row[0] ?? '')).map((row) => Number(row[0]))
  expect(told.toSorted((a, b) => a - b)).toEqual(Object.values(exitCodes).toSorted((a, b) => a - b))
})
