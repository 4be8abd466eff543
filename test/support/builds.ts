/** What tests of builds ask of a lab, from the outside: the journal, the records, the demo agent's own papers. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { type CliLab, guid, identityFlags, parseLines, program, waitFor } from './cli-lab.ts'
import { findProcesses } from './find-processes.ts'

export interface Wanted {
  readonly request?: string
  readonly scenario?: string
  /** Milliseconds between the demo agent's steps. */
  readonly pace?: number
  readonly identity?: readonly string[]
}

const agentArgs = ({ request = 'Build a todo app', scenario = 'ok', pace = 0 }: Wanted) => [
  ...['--agent', 'demo', '--agent-option', `scenario=${scenario}`],
  ...['--agent-option', `pace=${pace}`, '--request', request],
]

/** `register` of an offline build, with the contract's first identity unless told otherwise. */
export const registerArgs = (wanted: Wanted = {}, ...more: string[]): string[] => [
  'register',
  ...(wanted.identity ?? identityFlags),
  ...['--target', 'local'],
  ...agentArgs(wanted),
  ...more,
]

/** `refine`, with the agent and the options of what is deployed. */
export const refineArgs = (request: string, ...more: string[]): string[] => [
  'refine',
  guid,
  '--request',
  request,
  ...more,
]

export interface Event {
  readonly seq: number
  readonly build: number | null
  readonly attempt: number | null
  readonly type: string
  readonly [field: string]: unknown
}

/** The session's whole journal. */
export async function journalOf(lab: CliLab, of = guid): Promise<Event[]> {
  const { code, stdout, stderr } = await lab.run(['events', of, '--json'])
  if (code !== 0) throw new Error(`events exited with ${code}: ${stderr}`)
  return parseLines<Event>(stdout)
}

export const typesOf = (events: readonly Event[]): string[] => events.map((event) => event.type)

export const countOf = (events: readonly Event[], type: string): number =>
  events.filter((event) => event.type === type).length

export const expectGapless = (events: readonly Event[]): void =>
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1))

type Values = (string | number)[]

/** Rows of the lab's database; none while it is not made yet. */
export function rowsOf<Row = Record<string, string | number | null>>(
  lab: CliLab,
  sql: string,
  ...values: Values
): Row[] {
  // Whoever recovers it after a kill, or is the last to close it, has it for a moment whatever the timeout says.
  for (let tries = 100; tries > 1; tries--)
    try {
      return readRows<Row>(lab, sql, values)
    } catch (error) {
      if (!/database is locked/.test(String(error))) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  return readRows<Row>(lab, sql, values)
}

function readRows<Row>(lab: CliLab, sql: string, values: Values): Row[] {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(join(lab.home, 'tmux-builder.db'), { readOnly: true, timeout: 5_000 })
    return db.prepare(sql).all(...values) as Row[]
  } catch (error) {
    if (/unable to open|no such table/.test(String(error))) return []
    throw error
  } finally {
    db?.close()
  }
}

/** State of the session's latest build; `undefined`: it has none. */
export const stateOf = (lab: CliLab, of = guid): string | undefined =>
  rowsOf<{ state: string }>(
    lab,
    'SELECT state FROM builds WHERE guid = ? ORDER BY build DESC LIMIT 1',
    of,
  )[0]?.state

export const waitForState = (lab: CliLab, wanted: string, of = guid, timeoutMs = 30_000) =>
  waitFor(`state ${wanted}`, () => stateOf(lab, of) === wanted, timeoutMs)

/** Waits until the session's journal has an event of that type. */
export const waitForEvent = (lab: CliLab, type: string, of = guid, count = 1) =>
  waitFor(`event ${type}`, () => {
    const [row] = rowsOf<{ n: number }>(
      lab,
      'SELECT count(*) AS n FROM events WHERE guid = ? AND type = ?',
      of,
      type,
    )
    return row !== undefined && row.n >= count
  })

export const buildsOf = (lab: CliLab, of = guid) =>
  rowsOf<{ build: number; state: string; reason: string | null; url: string | null }>(
    lab,
    'SELECT build, state, reason, url FROM builds WHERE guid = ? ORDER BY build',
    of,
  )

/** Living processes of one of the session's windows whose command line holds the word. */
export function findWindowProcesses(
  lab: CliLab,
  window: 'agent' | 'supervisor' | 'preview',
  word: string,
  of = guid,
): number[] {
  const marks = [
    `TMUX_BUILDER_WINDOW=${window}`,
    `TMUX_BUILDER_HOME=${lab.home}`,
    `TMUX_BUILDER_SESSION=${of}`,
  ]
  return findProcesses(
    ({ argv, environment }) =>
      argv.join(' ').includes(word) && marks.every((mark) => environment.includes(mark)),
  ).map(({ pid }) => pid)
}

/** `kill -9`; a process that is gone already is fine. 0 would be the group of whoever calls. */
export function killNow(pid: number): boolean {
  if (pid <= 0) return false
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false
  }
}

const jsonLines = (file: string): Record<string, unknown>[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return line ? [JSON.parse(line) as Record<string, unknown>] : []
      } catch {
        return [] // torn by a kill
      }
    })

/** Every text that the demo agent took from its user, in all its conversations. */
export function promptsTaken(lab: CliLab, of = guid): string[] {
  const folder = join(lab.folderOf(of), 'agent')
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f-]{36}\.jsonl$/.test(name))
    .flatMap((name) => jsonLines(join(folder, name)))
    .filter((entry) => entry.type === 'user')
    .map((entry) => String(entry.text))
}

/** How often the agent's program got as far as its session, by its own hooks. */
export function agentStarts(lab: CliLab, of = guid): number {
  const folder = lab.folderOf(of)
  const old = join(folder, 'logs', 'hooks')
  const files = [
    join(folder, 'agent', 'hooks.jsonl'),
    ...(readdirSync(join(folder, 'logs')).includes('hooks')
      ? readdirSync(old).map((name) => join(old, name))
      : []),
  ]
  return files.flatMap(jsonLines).filter((hook) => hook.hook_event_name === 'SessionStart').length
}

/** A page of the address, with its status. */
export async function fetchPage(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url)
  return { status: response.status, text: await response.text() }
}

export const urlPattern = /^http:\/\/127\.0\.0\.1:\d+\/\n$/

/** A file of the lab with that content. */
export function writeInLab(lab: CliLab, content: string | Uint8Array): string {
  const file = join(mkdtempSync(join(lab.root, 'given-')), 'request.md')
  writeFileSync(file, content)
  return file
}

/** Before the program has its handlers a signal simply kills it. */
export const untilItHandlesSignals = (pid: number) =>
  waitFor('the program’s signal handlers', () => {
    const caught = /^SigCgt:\s*([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    // SIGHUP: Node itself has one for SIGINT and SIGTERM from its beginning.
    return (BigInt(`0x${caught ?? 0}`) & 1n) === 1n
  })

/** Starts the program with a stdin that stays open and gives nothing. */
export function startWaitingForStdin(lab: CliLab, args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { env: lab.env, stdio: 'pipe' })
  const done = Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((settle) => child.on('exit', settle)),
  ]).then(([stdout, stderr, code]) => ({ stdout, stderr, code }))
  return { child, done }
}
