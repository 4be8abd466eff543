import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createBuild, endBuild, findBuild, updateBuild } from '../../../src/store/builds.ts'
import { explainStoreError, openStore, type Store } from '../../../src/store/database.ts'
import { appendEvent, readEvents } from '../../../src/store/events.ts'
import { listOpenQuestions, recordAnswer, recordQuestion } from '../../../src/store/questions.ts'
import { findStandingRelease } from '../../../src/store/releases.ts'
import { listResources } from '../../../src/store/resources.ts'
import { schemaSteps } from '../../../src/store/schema.ts'
import {
  archiveSession,
  deleteSession,
  ensureSession,
  findSessionsByPrefix,
  restoreSession,
} from '../../../src/store/sessions.ts'
import { isFull } from '../../support/full.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const identity = { email: 'a@b.co', phone: '1234567', project: undefined }

async function openHere(file = join(temporaryFolder(), 'home', 'db')) {
  const store = await openStore(file, { create: true })
  return { file, store }
}

async function withSession(guid = 'abcd'): Promise<{ store: Store; file: string }> {
  const opened = await openHere()
  await opened.store.transact((tx) => ensureSession(tx, guid, identity))
  return opened
}

const newBuild = (guid: string) => ({
  guid,
  command: 'register' as const,
  requestHash: 'h',
  requestFile: 'f',
  requestBytes: 1,
  agent: 'demo',
  agentOptions: {},
  target: 'local' as const,
  settings: {} as never,
  place: undefined,
})

describe('openStore', () => {
  it('makes a private folder and database', async () => {
    const { file } = await openHere()
    expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700)
    for (const name of readdirSync(join(file, '..')))
      expect([name, statSync(join(file, '..', name)).mode & 0o777]).toEqual([name, 0o600])
  })

  it('only reading makes nothing, and reads as empty', async () => {
    const file = join(temporaryFolder(), 'home', 'db')
    const store = await openStore(file, { create: false })
    expect(findSessionsByPrefix(store, 'abcd')).toEqual([])
    expect(existsSync(join(file, '..'))).toBe(false)
  })

  it('refuses a newer format, and leaves it as it is', async () => {
    const { file, store } = await openHere()
    store.close()
    const db = new DatabaseSync(file)
    db.exec('PRAGMA user_version = 99')
    db.close()
    for (const create of [true, false])
      await expect(openStore(file, { create })).rejects.toThrow(
        expect.objectContaining({ reason: 'not_ready', message: expect.stringContaining('newer') }),
      )
    expect(new DatabaseSync(file).prepare('PRAGMA user_version').get()).toEqual({
      user_version: 99,
    })
  })

  it('brings the records of an earlier version up to date, and keeps them', async () => {
    const file = join(temporaryFolder(), 'db')
    const db = new DatabaseSync(file)
    db.exec(`${schemaSteps[0]}PRAGMA user_version = 1;
      INSERT INTO sessions (guid, email, phone, created_at, updated_at, last_build, live_release)
        VALUES ('abcd', 'a@b.co', '1234567', 'now', 'now', 1, 2);
      INSERT INTO builds (guid, build, command, request_hash, request_file, agent, agent_options,
        target, settings, created_at, updated_at)
        VALUES ('abcd', 1, 'register', 'h', 'f', 'demo', '{}', 'local', '{"maxAttempts":3}', 'now', 'now');
      INSERT INTO releases (guid, release, build, attempt, url, created_at, verified)
        VALUES ('abcd', 2, 1, 1, 'http://127.0.0.1:1/', 'now', 1);`)
    db.close()
    const store = await openStore(file, { create: false })
    expect(findBuild(store, 'abcd', 1)).toMatchObject({
      settings: { maxAttempts: 3, awsAccounts: [], awsAgentRole: null, requireProof: 'live' },
    })
    expect(findStandingRelease(store, 'abcd', 'local')).toMatchObject({
      release: 2,
      target: 'local',
    })
    expect(listResources(store)).toEqual([])
    store.close()
    const { store: fresh } = await openHere()
    const columns = (of: Store) =>
      of.all('SELECT m.name AS t, c.name AS c FROM sqlite_schema m, pragma_table_info(m.name) c')
    expect(columns(await openStore(file, { create: true }))).toEqual(columns(fresh))
  })

  it('garbage in its place is told in a sentence, and left as it is', async () => {
    const file = join(temporaryFolder(), 'db')
    writeFileSync(file, 'this is a shopping list\n'.repeat(1_000))
    let thrown: unknown
    try {
      await openStore(file, { create: true })
    } catch (error) {
      thrown = error
    }
    expect(explainStoreError(thrown)).toMatchObject({
      reason: 'not_ready',
      message: expect.stringContaining('not a database'),
      hint: expect.any(String),
    })
    expect(statSync(file).size).toBe(24_000)
  })

  it('a bug of ours is not explained away', async () => {
    const { store } = await openHere()
    expect(() => store.get('SELECT no_such_column FROM sessions')).toThrow()
    expect(explainStoreError(new Error('no errcode'))).toBeUndefined()
  })
})

describe('transact', () => {
  it('an error rolls back all of it', async () => {
    const { store } = await withSession()
    const failing = store.transact((tx) => {
      appendEvent(tx, { guid: 'abcd' }, 'archived', {})
      throw new Error('after the event')
    })
    await expect(failing).rejects.toThrow('after the event')
    expect(readEvents(store, { guid: 'abcd', after: 0 })).toEqual([])
    await store.transact((tx) => appendEvent(tx, { guid: 'abcd' }, 'archived', {}))
    expect(readEvents(store, { guid: 'abcd', after: 0 })).toMatchObject([{ seq: 1 }])
  })

  it('takes those of several callers that come at the same moment one after the other', async () => {
    const { store } = await withSession()
    const all = Array.from({ length: 3 }, (_, number) =>
      store.transact((tx) => {
        appendEvent(tx, { guid: 'abcd' }, 'archived', {})
        return number
      }),
    )
    expect(await Promise.all(all)).toEqual([0, 1, 2])
    expect(readEvents(store, { guid: 'abcd', after: 0 }).map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it('nobody sees the half of it', async () => {
    const { store, file } = await withSession()
    const other = await openStore(file, { create: true })
    await store.transact((tx) => {
      appendEvent(tx, { guid: 'abcd' }, 'archived', {})
      expect(readEvents(other, { guid: 'abcd', after: 0 })).toEqual([])
    })
    expect(readEvents(other, { guid: 'abcd', after: 0 })).toHaveLength(1)
  })
})

describe('a database that another program writes to', () => {
  /** Another program holds the write lock for as long as the promise is pending. */
  const hold = (file: string) => {
    const db = new DatabaseSync(file)
    db.exec('BEGIN IMMEDIATE')
    return () => {
      db.exec('COMMIT')
      db.close()
    }
  }

  it('is waited for without blocking the event loop, by a transaction and by an opening', async () => {
    const { store, file } = await withSession()
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    const release = hold(file)
    const writing = store.transact((tx) => appendEvent(tx, { guid: 'abcd' }, 'archived', {}))
    const begunAt = performance.now()
    await delay(300)
    expect(readEvents(store, { guid: 'abcd', after: 0 })).toEqual([])
    release()
    await writing
    clearInterval(timer)
    expect(performance.now() - begunAt).toBeLessThan(10_000)
    expect(ticks).toBeGreaterThan(20)
    expect(readEvents(store, { guid: 'abcd', after: 0 })).toHaveLength(1)
  })

  it('takes each of many transactions of one program in turn', async () => {
    const { store, file } = await withSession()
    const release = hold(file)
    const writing = Array.from({ length: 50 }, () =>
      store.transact((tx) => appendEvent(tx, { guid: 'abcd' }, 'archived', {})),
    )
    await delay(50)
    release()
    await Promise.all(writing)
    const events = readEvents(store, { guid: 'abcd', after: 0 })
    expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
  })
})

describe('builds', () => {
  it('the first to end a build wins; nothing changes it afterwards', async () => {
    const { store } = await withSession()
    const build = await store.transact((tx) => createBuild(tx, newBuild('abcd')))
    const place = { guid: 'abcd', build, attempt: 1 }
    expect(
      await store.transact((tx) => endBuild(tx, place, 'stopped', { reason: 'stopped' }, {})),
    ).toBe(true)
    expect(
      await store.transact((tx) =>
        endBuild(tx, place, 'deployed', {}, { url: 'x', verified: true }),
      ),
    ).toBe(false)
    expect(
      await store.transact((tx) => updateBuild(tx, { guid: 'abcd', build }, { state: 'planning' })),
    ).toBe(false)
    expect(findBuild(store, 'abcd', build)).toMatchObject({ state: 'stopped' })
    expect(readEvents(store, { guid: 'abcd', after: 0 }).map((event) => event.type)).toEqual([
      'registered',
      'stopped',
    ])
  })

  it('an answer is recorded once, and a reused id with another text is open', async () => {
    const { store } = await withSession()
    const place = {
      guid: 'abcd',
      build: await store.transact((tx) => createBuild(tx, newBuild('abcd'))),
      attempt: 1,
    }
    await store.transact((tx) => updateBuild(tx, place, { attempt: 1 }))
    const ask = (question: string) =>
      store.transact((tx) =>
        recordQuestion(tx, place, {
          id: 'q1',
          question,
          reason: 'other',
          options: [],
          default: undefined,
          cost_estimate_monthly: undefined,
        }),
      )
    await ask('Colour?')
    await ask('Colour?')
    const [open] = listOpenQuestions(store, place)
    const answer = { answer: 'red', decision: 'answer', by: 'user' } as const
    expect(open && (await store.transact((tx) => recordAnswer(tx, place, open, answer)))).toEqual([
      'q1',
    ])
    expect(
      open &&
        (await store.transact((tx) =>
          recordAnswer(tx, place, open, { ...answer, answer: 'blue' }),
        )),
    ).toEqual([])
    await ask('Colour?')
    expect(listOpenQuestions(store, place)).toEqual([])
    await ask('Shape?')
    expect(listOpenQuestions(store, place)).toMatchObject([
      { question: 'Shape?', answer: undefined },
    ])
    const types = readEvents(store, { guid: 'abcd', after: 0 }).map((event) => event.type)
    expect(types).toEqual(['registered', 'question', 'answer', 'question'])
  })

  it('takes no answer to what an attempt that is over asked, nor after the build’s end', async () => {
    const { store } = await withSession()
    const place = {
      guid: 'abcd',
      build: await store.transact((tx) => createBuild(tx, newBuild('abcd'))),
      attempt: 1,
    }
    await store.transact((tx) => updateBuild(tx, place, { attempt: 1 }))
    const asked = { options: [], default: undefined, cost_estimate_monthly: undefined }
    const question = { id: 'q1', question: 'Colour?', reason: 'other', ...asked } as const
    const answer = { answer: 'red', decision: 'answer', by: 'user' } as const
    await store.transact((tx) => recordQuestion(tx, place, question))
    const [old] = listOpenQuestions(store, place)
    const next = { ...place, attempt: 2 }
    await store.transact((tx) => updateBuild(tx, place, { attempt: 2 }))
    expect(listOpenQuestions(store, next)).toEqual([])
    expect(old && (await store.transact((tx) => recordAnswer(tx, next, old, answer)))).toEqual([])
    await store.transact((tx) => recordQuestion(tx, next, question))
    expect(listOpenQuestions(store, next)).toHaveLength(1)
    await store.transact((tx) => endBuild(tx, next, 'stopped', {}, {}))
    expect(old && (await store.transact((tx) => recordAnswer(tx, next, old, answer)))).toEqual([])
    const types = readEvents(store, { guid: 'abcd', after: 0 }).map((event) => event.type)
    expect(types).toEqual(['registered', 'question', 'question', 'stopped'])
  })
})

describe('sessions', () => {
  it('a prefix finds active ones before archived ones, and only from its beginning', async () => {
    const { store } = await openHere()
    for (const guid of ['abcd1', 'abcd2', 'abce1', '1abcd'])
      await store.transact((tx) => ensureSession(tx, guid, identity))
    const find = (prefix: string) => findSessionsByPrefix(store, prefix).map((one) => one.guid)
    expect(find('abcd')).toEqual(['abcd1', 'abcd2'])
    expect(find('abcd2')).toEqual(['abcd2'])
    expect(find('abcf')).toEqual([])
    await store.transact((tx) => archiveSession(tx, 'abcd1'))
    expect(find('abcd')).toEqual(['abcd2'])
    expect(find('abcd1')).toEqual(['abcd1'])
    await store.transact((tx) => archiveSession(tx, 'abcd2'))
    expect(find('abcd')).toEqual(['abcd1', 'abcd2'])
  })

  it('is archived and restored once each', async () => {
    const { store } = await withSession()
    for (const act of [archiveSession, archiveSession, restoreSession, restoreSession])
      await store.transact((tx) => act(tx, 'abcd'))
    expect(readEvents(store, { guid: 'abcd', after: 0 }).map((event) => event.type)).toEqual([
      'archived',
      'restored',
    ])
  })

  it('a deleted one leaves no row, and its neighbour whole', async () => {
    const { store } = await withSession()
    await store.transact((tx) => ensureSession(tx, 'abcdef', identity))
    for (const guid of ['abcd', 'abcdef'])
      await store.transact((tx) => createBuild(tx, newBuild(guid)))
    await store.transact((tx) => deleteSession(tx, 'abcd'))
    for (const table of ['sessions', 'builds', 'events'])
      expect(store.all(`SELECT guid FROM ${table}`)).toEqual([{ guid: 'abcdef' }])
  })
})

/** Appends events, each naming itself, and says so after each. */
const appender = (file: string, name: string, count: number) => {
  const src = new URL('../../../src', import.meta.url).href
  const text = `
    import { appendEvent } from '${src}/store/events.ts'
    import { openStore } from '${src}/store/database.ts'
    const store = await openStore(${JSON.stringify(file)}, { create: true })
    for (let n = 0; n < ${count}; n++) {
      await store.transact((tx) => appendEvent(tx, { guid: 'abcd' }, 'resumed', { by: '${name}-' + n }))
      process.stdout.write('${name}-' + n + '\\n')
    }`
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '-e', text],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
  })
  const ended = Promise.all([once(child, 'exit'), once(child.stdout, 'close')])
  return { child, ended, said: () => said.split('\n').filter(Boolean) }
}

it('events of several processes, some killed, are gapless, and none that was acknowledged is lost', async () => {
  const { store, file } = await withSession()
  const rounds = isFull ? 30 : 4
  const acknowledged: string[] = []
  for (let round = 0; round < rounds; round++) {
    const steady = appender(file, `steady${round}`, 60)
    const doomed = [1, 2].map((n) => appender(file, `doomed${round}-${n}`, 100_000))
    while (doomed.some((one) => one.said().length === 0)) await delay(5)
    await delay(Math.random() * 60)
    for (const one of doomed) one.child.kill('SIGKILL')
    for (const one of [steady, ...doomed]) {
      await one.ended
      acknowledged.push(...one.said())
    }
  }
  const events = readEvents(store, { guid: 'abcd', after: 0, limit: 1_000_000 })
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))
  const told = events.map((event) => (event.type === 'resumed' ? event.by : ''))
  expect(new Set(told).size).toBe(told.length)
  const recorded = new Set(told)
  expect(acknowledged.filter((one) => !recorded.has(one))).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(rounds * 60)
  store.close()
}, 120_000)

it('programs that open a new database at the same moment all can', async () => {
  for (let round = 0; round < 5; round++) {
    const file = join(temporaryFolder(), 'tmux-builder.db')
    // They are ready first: what makes them meet is the moment, not how long a program takes to start.
    const at = Date.now() + 1_000
    const text = `
      import { openStore } from '${new URL('../../../src/store/database.ts', import.meta.url).href}'
      while (Date.now() < ${at});
      const store = await openStore(${JSON.stringify(file)}, { create: true })
      store.close()`
    const exits = [1, 2, 3, 4].map(() =>
      once(
        spawn(process.execPath, ['--input-type=module-typescript', '-e', text], {
          stdio: 'ignore',
        }),
        'exit',
      ),
    )
    expect(await Promise.all(exits)).toEqual(exits.map(() => [0, null]))
  }
})
