import { existsSync, lstatSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  hookNames,
  makePlace,
  type Place,
  readHooks,
  readPage,
  readStatus,
  readTranscript,
  runDemo,
  startDemo,
  waitFor,
  writePrompt,
} from './demo-run.ts'

const scenario = (name: string) => ['--scenario', name]
const build = (place: Place, facts = {}) => `Read ${writePrompt(place, 'Build a poll', facts)}`
const start = (place: Place, name: string) =>
  startDemo(place, [...scenario(name), '--', build(place)])
const reported = (place: Place) =>
  existsSync(join(place.workspace, 'status.json')) ? readStatus(place).status : undefined

test('error-once: the first attempt fails with evidence, the second succeeds', async () => {
  const place = await makePlace()
  await runDemo(place, build(place), ...scenario('error-once'))
  expect(readStatus(place)).toMatchObject({
    status: 'error',
    reason: 'rehearsed_failure',
    phase: 2,
  })
  expect(String(readStatus(place).error)).toContain('AssertionError')
  await runDemo(place, build(place, { attempt: 2 }), ...scenario('error-once'), '--resume')
  expect(readStatus(place)).toMatchObject({ status: 'deployed', attempt: 2 })
})

test('die and die-once: killed while implementing', async () => {
  const place = await makePlace()
  expect(await runDemo(place, build(place), ...scenario('die'))).toMatchObject({
    signal: 'SIGKILL',
  })
  expect(readStatus(place)).toMatchObject({ status: 'implementing' })
  expect(hookNames(place)).not.toContain('SessionEnd')
  const again = [build(place), ...scenario('die-once'), '--resume'] as const
  expect(await runDemo(place, ...again)).toMatchObject({ signal: 'SIGKILL' })
  const second = build(place, { attempt: 2 })
  expect(await runDemo(place, second, ...scenario('die-once'), '--resume')).toMatchObject({
    code: 0,
  })
  expect(readStatus(place)).toMatchObject({ status: 'deployed', attempt: 2 })
})

test('lie-about-url: reports an address that was not deployed', async () => {
  const place = await makePlace()
  await runDemo(place, build(place), ...scenario('lie-about-url'))
  expect(readStatus(place)).toMatchObject({
    status: 'deployed',
    deployment_url: 'http://127.0.0.1:9/',
  })
})

describe.each(['hang', 'permission'])('%s', (name) => {
  test('is silent, still redraws, and ends in order', async () => {
    const place = await makePlace()
    const run = start(place, name)
    await waitFor('implementing', () => reported(place) === 'implementing')
    await waitFor('the stop', () =>
      name === 'permission'
        ? hookNames(place).includes('PermissionRequest')
        : readHooks(place).filter((hook) => hook.hook_event_name === 'PostToolUse').length === 3,
    )
    const quietFrom = await quiet(run.screen)
    run.child.kill('SIGWINCH')
    await waitFor('a redraw', () => run.screen().length > quietFrom, 1000)
    run.child.kill('SIGTERM')
    expect(await run.ended).toEqual({ code: 143, signal: null })
    expect(reported(place)).toBe('implementing')
    expect(readHooks(place).at(-1)).toMatchObject({
      hook_event_name: 'SessionEnd',
      reason: 'other',
    })
  })
})

/** Waits until nothing more is written for half a second; returns how much there is. */
async function quiet(screen: () => string): Promise<number> {
  let length = -1
  while (length !== screen().length) {
    length = screen().length
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return length
}

test('freeze: answers to nothing but SIGKILL', async () => {
  const place = await makePlace()
  const run = start(place, 'freeze')
  await waitFor('implementing', () => reported(place) === 'implementing')
  const length = await quiet(run.screen)
  run.child.kill('SIGWINCH')
  run.child.kill('SIGTERM')
  await new Promise((resolve) => setTimeout(resolve, 400))
  expect(run.screen()).toHaveLength(length)
  expect(run.child.exitCode).toBeNull()
})

test('garbage-status: the file is spoiled in many ways, and the build ends well', async () => {
  const place = await makePlace()
  const file = join(place.workspace, 'status.json')
  const seen = new Set<string>()
  const watcher = watch(place.workspace, () => {
    const stat = lstatSync(file, { throwIfNoEntry: false })
    if (stat?.isSymbolicLink()) seen.add('link')
    else if (stat?.isDirectory()) seen.add('folder')
    else if (stat?.isFIFO()) seen.add('pipe')
    else if (stat && stat.size === 0) seen.add('empty')
    else if (stat && stat.size > 1024 * 1024) seen.add('huge')
    else if (!stat) seen.add('gone')
  })
  onTestFinished(() => watcher.close())
  await runDemo(place, build(place), ...scenario('garbage-status'), '--pace', '40')
  expect([...seen].sort()).toEqual(['empty', 'folder', 'gone', 'huge', 'link', 'pipe'])
  expect(readStatus(place)).toMatchObject({ status: 'deployed', build: 1 })
})

describe('ask', () => {
  const answer = (place: Place, fields: object) =>
    writeFileSync(
      join(place.workspace, 'answers.json'),
      JSON.stringify({ answers: [{ id: 'q1', by: 'user', ...fields }] }),
    )

  test('ends its turn with a question, and a resumed agent goes on with the answer', async () => {
    const place = await makePlace()
    answer(place, { answer: 'of an older build', decision: 'answer' })
    await runDemo(place, build(place), ...scenario('ask'))
    expect(readStatus(place)).toMatchObject({ status: 'awaiting_approval', phase: 1 })
    expect(hookNames(place)).toContain('Stop')
    const { questions } = JSON.parse(
      readFileSync(join(place.workspace, 'clarifications.json'), 'utf8'),
    )
    expect(questions).toMatchObject([{ id: 'q1', reason: 'tradeoff', default: expect.any(String) }])
    await runDemo(place, 'Are you there?', ...scenario('ask'), '--resume')
    expect(readStatus(place)).toMatchObject({ status: 'awaiting_approval' })
    answer(place, { answer: 'always dark & <i>', decision: 'answer' })
    await runDemo(place, 'The answers are in answers.json.', ...scenario('ask'), '--resume')
    expect(readStatus(place)).toMatchObject({ status: 'deployed' })
    expect(readPage(place)).toContain('always dark &amp; &lt;i&gt;')
    expect(readPage(place)).toContain('data-scheme="dark"')
  })

  test('ask-cost: rejected ends with an error, approved goes on', async () => {
    const place = await makePlace()
    await runDemo(place, build(place), ...scenario('ask-cost'))
    expect(readStatus(place)).toMatchObject({
      reason: 'cost_threshold',
      cost_estimate_monthly: 140,
    })
    answer(place, { decision: 'reject' })
    await runDemo(place, 'Answered.', ...scenario('ask-cost'), '--resume')
    expect(readStatus(place)).toMatchObject({ status: 'error', reason: 'rejected' })
    await runDemo(place, build(place, { attempt: 2 }), ...scenario('ask-cost'), '--resume')
    answer(place, { decision: 'approve' })
    await runDemo(place, 'Answered.', ...scenario('ask-cost'), '--resume')
    expect(readStatus(place)).toMatchObject({ status: 'deployed', attempt: 2 })
  })
})

describe('trust-dialog', () => {
  test('Enter exits before anything starts', async () => {
    const place = await makePlace()
    const run = start(place, 'trust-dialog')
    await waitFor('the dialog', () => run.screen().includes('No, exit'))
    run.child.stdin.write('\r')
    expect(await run.ended).toMatchObject({ code: 1 })
    expect(readHooks(place)).toEqual([])
    expect(readTranscript(place)).toEqual([])
  })

  test('passes by itself', async () => {
    const place = await makePlace()
    const run = start(place, 'trust-dialog')
    await waitFor('the end of the turn', () => hookNames(place).includes('Stop'))
    expect(reported(place)).toBe('deployed')
    run.child.stdin.write('/exit\r')
    expect(await run.ended).toMatchObject({ code: 0 })
  })
})

test.each([
  ['quota', 'rate_limit'],
  ['login', 'authentication_failed'],
])('%s: the turn fails and nothing is reported', async (name, error) => {
  const place = await makePlace()
  await runDemo(place, build(place), ...scenario(name))
  expect(hookNames(place)).toEqual([
    'SessionStart',
    'UserPromptSubmit',
    'StopFailure',
    'SessionEnd',
  ])
  expect(readHooks(place).at(-2)).toMatchObject({ error })
  expect(reported(place)).toBeUndefined()
})

test('leave-children: two processes outlive the agent', async () => {
  const place = await makePlace()
  await runDemo(place, build(place), ...scenario('leave-children'))
  expect(reported(place)).toBe('deployed')
  const lines = readFileSync(join(place.state, 'children.txt'), 'utf8').trim().split('\n')
  const children = Object.fromEntries(lines.map((line) => line.split(' '))) as Record<
    string,
    string
  >
  onTestFinished(() => {
    for (const pid of Object.values(children)) process.kill(Number(pid), 'SIGKILL')
  })
  expect(Object.keys(children).sort()).toEqual(['outside', 'stubborn'])
  const nameOf = (pid = '') => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  await waitFor('both to sleep', () =>
    Object.values(children).every((pid) => nameOf(pid) === 'sleep'),
  )
  process.kill(Number(children.stubborn), 'SIGTERM')
  process.kill(Number(children.outside), 'SIGHUP')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(Object.values(children).map(nameOf)).toEqual(['sleep', 'sleep'])
})

test('a message during a turn is taken into it: recorded, without a second UserPromptSubmit', async () => {
  const place = await makePlace()
  const run = startDemo(place, ['--pace', '20', '--', build(place)])
  await waitFor('planning', () => reported(place) === 'planning')
  run.child.stdin.write('and be quick\r')
  await waitFor('the end of the turn', () => hookNames(place).includes('Stop'))
  run.child.stdin.write('\u0004')
  expect(await run.ended).toMatchObject({ code: 0 })
  expect(hookNames(place)).toEqual(['SessionStart', 'UserPromptSubmit', 'Stop', 'SessionEnd'])
  expect(readTranscript(place)).toMatchObject([
    { type: 'user' },
    { type: 'user', text: 'and be quick', queued: true },
    { type: 'assistant' },
  ])
})

test('Esc interrupts, Ctrl-C twice exits', async () => {
  const place = await makePlace()
  const run = start(place, 'hang')
  await waitFor('implementing', () => reported(place) === 'implementing')
  run.child.stdin.write('\u001b')
  await waitFor('the interruption', () => run.screen().includes('Interrupted'))
  expect(hookNames(place)).not.toContain('Stop')
  run.child.stdin.write('\u0003\u0003')
  expect(await run.ended).toMatchObject({ code: 0 })
})
