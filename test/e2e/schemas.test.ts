import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { EventType } from '../../src/domain/journal.ts'
import { parseClarifications } from '../../src/domain/question.ts'
import { parseReport } from '../../src/domain/report.ts'
import {
  type CliLab,
  demoFlags,
  guid,
  identityFlags,
  openCliLab,
  parseLines,
  waitFor,
} from '../support/cli-lab.ts'
import { few, isFull } from '../support/full.ts'
import { eventTypes, schemaProblems } from '../support/schemas.ts'

type Json = Record<string, unknown>

/** Real events, one of each type that came along. */
const seen = new Map<string, Json>()

const register = (scenario = 'ok', ...more: string[]) => [
  'register',
  ...identityFlags,
  ...demoFlags(scenario),
  '--request',
  'Build a todo app',
  ...more,
]

/** Runs a command that streams; every line fits its schema, the last one is the result. */
async function stream(lab: CliLab, args: readonly string[]): Promise<Json> {
  const { stdout, stderr } = await lab.run([...args, '--json'])
  const lines = parseLines<Json>(stdout)
  const last = lines.at(-1)
  for (const line of lines.slice(0, -1)) expectEvent(line)
  if (!last) throw new Error(`nothing on stdout; stderr: ${stderr}`)
  expect(
    schemaProblems(last.type === 'error' ? 'error.json' : 'result.json', last),
    JSON.stringify(last),
  ).toEqual([])
  return last
}

function expectEvent(event: Json) {
  expect(schemaProblems('event.json', event), JSON.stringify(event)).toEqual([])
  seen.set(String(event.type), event)
}

/** The whole journal, the status and the list fit. */
async function expectSession(lab: CliLab) {
  for (const event of parseLines<Json>((await lab.run(['events', guid, '--json'])).stdout))
    expectEvent(event)
  for (const identity of [[], ['--show-identity']]) {
    expect(schemaProblems('status.json', await lab.json(['status', guid, ...identity]))).toEqual([])
    expect(schemaProblems('list.json', await lab.json(['list', '--all', ...identity]))).toEqual([])
  }
  const report = JSON.parse(readFileSync(join(lab.folderOf(guid), 'workspace/status.json'), 'utf8'))
  expect(schemaProblems('report.json', report)).toEqual([])
}

async function expectDone(lab: CliLab, command: string, args: readonly string[]) {
  expect(schemaProblems(`commands.json#/$defs/${command}`, await lab.json(args)), command).toEqual(
    [],
  )
}

describe('real output fits the published schemas', () => {
  test('a build, a refinement, the end, the archive', async () => {
    const lab = openCliLab()
    expect(schemaProblems('list.json', await lab.json(['list']))).toEqual([])
    expect(await stream(lab, register())).toMatchObject({ exit_code: 0 })
    expect(await stream(lab, register())).toMatchObject({ exit_code: 0 })
    expect(await stream(lab, ['refine', guid, '--request', 'Make it blue'])).toMatchObject({
      exit_code: 0,
    })
    expect(await stream(lab, ['status', guid, '--watch'])).toMatchObject({ exit_code: 0 })
    await expectDone(lab, 'resume', ['resume', guid])
    await expectDone(lab, 'doctor', ['doctor'])
    await expectSession(lab)
    await expectDone(lab, 'stop', ['stop', guid])
    await expectDone(lab, 'archive', ['archive', guid])
    await expectSession(lab)
    await expectDone(lab, 'restore', ['restore', guid])
    await expectDone(lab, 'gc', ['gc', '--older-than', '1ms'])
    await expectSession(lab)
    await expectDone(lab, 'gc', ['gc', '--older-than', '1ms', '--purge'])
    await expectDone(lab, 'prompts_list', ['prompts', 'list'])
    await expectDone(lab, 'prompts_show', ['prompts', 'show', 'debug_mode'])
    const values = ['guid=x', 'error_log=x', 'session_path=/x'].flatMap((value) => ['--set', value])
    const rendered = await lab.run(['prompts', 'render', 'debug_mode', ...values, '--json'])
    const object = JSON.parse(rendered.stdout)
    expect(
      schemaProblems(
        rendered.code === 0 ? 'commands.json#/$defs/prompts_render' : 'error.json',
        object,
      ),
    ).toEqual([])
  })

  test('an error, then success', async () => {
    const lab = openCliLab()
    expect(await stream(lab, register('error-once'))).toMatchObject({ exit_code: 0 })
    await expectSession(lab)
  })

  test.runIf(isFull)('a question and its answer', async () => {
    const lab = openCliLab()
    expect(await stream(lab, register('ask'))).toMatchObject({
      exit_code: 3,
      state: 'awaiting_approval',
    })
    const workspace = join(lab.folderOf(guid), 'workspace')
    const read = (name: string) => JSON.parse(readFileSync(join(workspace, name), 'utf8'))
    expect(schemaProblems('clarifications.json', read('clarifications.json'))).toEqual([])
    await expectSession(lab)
    const site = join(workspace, 'site')
    mkdirSync(site)
    writeFileSync(join(site, 'index.html'), '<p>hello')
    await expectDone(lab, 'deploy', ['deploy', guid, '--dir', site])
    await expectDone(lab, 'answer', ['answer', guid, 'blue'])
    expect(await stream(lab, register('ask'))).toMatchObject({ exit_code: 0 })
    expect(schemaProblems('answers.json', read('answers.json'))).toEqual([])
    await expectSession(lab)
  })

  test.each(
    few(1, [
      ['a login that is refused', 'login', 8],
      ['an address that is not true', 'lie-about-url', 7],
      ['an agent that dies', 'die', 1],
    ]),
  )('%s', async (_, scenario, exitCode) => {
    const lab = openCliLab()
    expect(await stream(lab, register(scenario, '--max-attempts', '2'))).toMatchObject({
      exit_code: exitCode,
    })
    await expectSession(lab)
  })

  test('a status.json that is spoiled, and no verification', async () => {
    const lab = openCliLab()
    expect(await stream(lab, register('garbage-status', '--no-verify'))).toMatchObject({
      exit_code: 0,
      verified: false,
    })
    await expectSession(lab)
  })

  test.runIf(isFull)('a build that is stopped, detached, waited for too long', async () => {
    const lab = openCliLab()
    expect(await stream(lab, register('hang', '--detach'))).toMatchObject({ exit_code: 0 })
    expect(await stream(lab, ['status', guid, '--watch', '--timeout', '1s'])).toMatchObject({
      exit_code: 124,
    })
    const watching = lab.start(['status', guid, '--watch', '--json'])
    await waitFor('what the agent does', () => watching.said().includes('implementing'))
    watching.kill('SIGTERM')
    const last = parseLines<Json>((await watching.done).stdout).at(-1)
    expect(schemaProblems('result.json', last)).toEqual([])
    await expectSession(lab)
    await lab.run(['stop', guid])
    expect(await stream(lab, ['status', guid, '--watch'])).toMatchObject({
      exit_code: 1,
      state: 'stopped',
    })
    await expectDone(lab, 'resume', ['resume', guid])
    await expectSession(lab)
    await lab.run(['stop', guid])
  })

  test.runIf(isFull)('an agent that keeps still', async () => {
    const lab = openCliLab()
    const limits = ['--stall-timeout', '1s', '--max-attempts', '1']
    expect(await stream(lab, register('hang', ...limits))).toMatchObject({
      exit_code: 1,
      reason: 'stalled',
    })
    await expectSession(lab)
  })

  test('what ends a command otherwise', async () => {
    const lab = openCliLab()
    const tmux = join(lab.root, 'bin')
    mkdirSync(tmux)
    for (const [args, code, env] of [
      [['register', '--nonsense'], 2, {}],
      [['status', guid], 4, {}],
      [register(), 5, { PATH: tmux }],
      [['nonsense'], 2, {}],
      [['resume'], 2, {}],
    ] as const) {
      const object = await lab.json<Json>(args, { env })
      expect(object.exit_code).toBe(code)
      expect(schemaProblems('error.json', object), JSON.stringify(object)).toEqual([])
    }
  })

  afterAll(() => {
    // What no scenario can show yet stands here by name.
    const unseen = eventTypes().filter((type) => !seen.has(type))
    console.log(`event types that no scenario showed: ${unseen.join(', ') || 'none'}`)
  })
})

describe('the schemas refuse what is not so', () => {
  /** Fields that may be absent. */
  const optional: Record<string, readonly string[]> = {
    session_created: ['reason'],
    // Journals of an earlier version have none.
    release_switched: ['target'],
  }

  test('an event of every type that was seen, with a key less or a key more', () => {
    expect(seen.size).toBeGreaterThan(15)
    const accepted = [...seen].flatMap(([type, event]) => [
      ...Object.keys(event)
        .filter((key) => !optional[type]?.includes(key))
        .filter(
          (key) =>
            schemaProblems('event.json', { ...event, [key]: undefined, ...without(event, key) })
              .length === 0,
        )
        .map((key) => `${type} without ${key}`),
      ...(schemaProblems('event.json', { ...event, surplus: 1 }).length === 0
        ? [`${type} with more`]
        : []),
      ...(schemaProblems('event.json', { ...event, at: 'yesterday' }).length === 0
        ? [`${type} with a bad time`]
        : []),
    ])
    expect(accepted).toEqual([])
  })

  const without = (object: Json, key: string) =>
    Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))

  test('statuses, lists, results and errors with a key less or a key more', async () => {
    const lab = openCliLab()
    await lab.run(register())
    const real: Record<string, Json> = {
      'status.json': await lab.json(['status', guid]),
      'list.json': await lab.json(['list']),
      'result.json': await lab.json(register()),
      'error.json': await lab.json(['status', '0000']),
    }
    const accepted = Object.entries(real).flatMap(([name, object]) => [
      ...Object.keys(object)
        .filter((key) => schemaProblems(name, without(object, key)).length === 0)
        .map((key) => `${name} without ${key}`),
      ...(schemaProblems(name, { ...object, surplus: 1 }).length === 0
        ? [`${name} with more`]
        : []),
    ])
    expect(accepted).toEqual([])
    const [session] = (real['list.json'] as { sessions: Json[] }).sessions
    expect(schemaProblems('list.json', { sessions: [{ ...session, surplus: 1 }] })).not.toEqual([])
    expect(
      schemaProblems('list.json', { sessions: [without(session ?? {}, 'alive')] }),
    ).not.toEqual([])
  })
})

test('the event types are those of the code', () => {
  // A type that is added there does not compile here until it is named.
  const types: Record<EventType, true> = {
    registered: true,
    session_created: true,
    session_reused: true,
    session_ended: true,
    supervisor_started: true,
    supervisor_waiting: true,
    agent_started: true,
    agent_ready: true,
    prompt_delivered: true,
    status: true,
    status_invalid: true,
    question: true,
    answer: true,
    agent_exited: true,
    agent_stalled: true,
    limit_reached: true,
    retry: true,
    deploy_step: true,
    rolling_back: true,
    rolled_back: true,
    destroyed: true,
    released: true,
    release_switched: true,
    preview_started: true,
    verifying: true,
    verified: true,
    verify_failed: true,
    deployed: true,
    failed: true,
    stopped: true,
    resumed: true,
    archived: true,
    restored: true,
  }
  expect(eventTypes().toSorted()).toEqual(Object.keys(types).toSorted())
})

test.each([
  '{"status":"planning","phase":1,"progress":3,"message":"m"}',
  '{"status":"planning","phase":1,"progress":3.5,"message":"m","more":[1],"files_created":3,"error":{"a":1}}',
  '{"status":"planning","phase":1,"progress":3,"message":"m","deployment_url":null,"files_created":["a"],"build":1}',
  '{"status":"building","phase":1,"progress":3,"message":"m"}',
  '{"status":"planning","phase":1.5,"progress":3,"message":"m"}',
  '{"status":"planning","phase":5,"progress":3,"message":"m"}',
  '{"status":"planning","phase":1,"progress":101,"message":"m"}',
  '{"status":"planning","phase":1,"progress":3}',
  '{"status":"planning","phase":1,"progress":"3","message":"m"}',
  '{"status":"planning","phase":1,"progress":3,"message":"m","deployment_url":7}',
  '{"status":"planning","phase":1,"progress":3,"message":"m","cost_estimate_monthly":-1}',
  '[]',
])('report.json and our reading agree on %s', (text) => {
  expect(schemaProblems('report.json', JSON.parse(text)).length === 0).toBe(parseReport(text).ok)
})

test.each([
  '{"questions":[]}',
  '{"questions":[{"id":"a","question":"b"}]}',
  '{"questions":[{"id":"a","question":"b","reason":"security","options":["x"],"default":null,"cost_estimate_monthly":1.5}]}',
  '{"questions":[{"id":"","question":"b"}]}',
  '{"questions":[{"id":"a"}]}',
  '{"questions":[{"id":"a","question":"b","options":"x"}]}',
  '{"questions":{}}',
  '{}',
])('clarifications.json and our reading agree on %s', (text) => {
  expect(schemaProblems('clarifications.json', JSON.parse(text)).length === 0).toBe(
    parseClarifications(text).ok,
  )
})
