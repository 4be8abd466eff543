/** What tests ask of a whole session: its records, its agent, its conversation. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { isAlive, readProcessId } from '../../src/session/processes.ts'
import { type Event, journalOf, registerArgs, rowsOf, urlPattern, type Wanted } from './builds.ts'
import { type CliLab, guid } from './cli-lab.ts'

/** Runs `register` to its end; its address without the line feed. */
export async function deployFirst(lab: CliLab, wanted: Wanted = {}): Promise<string> {
  const done = await lab.run(registerArgs(wanted))
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(urlPattern) })
  return done.stdout.trim()
}

/** The session's record as it stands. */
export const sessionOf = (lab: CliLab, of = guid) => {
  const [row] = rowsOf(lab, 'SELECT * FROM sessions WHERE guid = ?', of)
  if (!row) throw new Error(`no session ${of}`)
  return row
}

export const pidOf = (
  lab: CliLab,
  window: 'agent' | 'supervisor' | 'preview',
  of = guid,
): number => {
  const text = sessionOf(lab, of)[`${window}_process`]
  return text === null ? 0 : (JSON.parse(String(text)) as { pid: number }).pid
}

/** Whether the recorded process of that window is alive. */
export const isWindowAlive = (lab: CliLab, window: 'agent' | 'supervisor' | 'preview') => {
  const text = sessionOf(lab)[`${window}_process`]
  return text !== null && isAlive(JSON.parse(String(text)))
}

/** Gone, or a zombie that tmux has not noticed yet. */
export const hasEnded = (pid: number): boolean => readProcessId(pid) === undefined

/** Changes the records behind the program's back. */
export function changeRecords(lab: CliLab, sql: string, ...values: (string | number | null)[]) {
  const db = new DatabaseSync(join(lab.home, 'tmux-builder.db'), { timeout: 5_000 })
  db.prepare(sql).run(...values)
  db.close()
}

/** A session's record and nothing else. */
export const insertSession = (lab: CliLab, of: string) =>
  changeRecords(
    lab,
    `INSERT INTO sessions (guid, email, phone, created_at, updated_at) VALUES (?, 'a@b.co', '1234567', ?, ?)`,
    of,
    new Date().toISOString(),
    new Date().toISOString(),
  )

/** The conversations of the demo agent: file name → what it holds, one entry a line. */
export function conversationsOf(
  lab: CliLab,
  of = guid,
): Map<string, { type: string; text?: string }[]> {
  const folder = join(lab.folderOf(of), 'agent')
  const names = readdirSync(folder).filter((name) => /^[0-9a-f-]{36}\.jsonl$/.test(name))
  return new Map(
    names.map((name) => [
      name,
      readFileSync(join(folder, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ]),
  )
}

/** Everything that was typed or pasted into any conversation. */
export const typedInto = (lab: CliLab): string[] =>
  [...conversationsOf(lab).values()]
    .flat()
    .filter((entry) => entry.type === 'user' || entry.type === 'command')
    .map((entry) => entry.text ?? '')

/** The journal of one build. */
export const journalOfBuild = async (lab: CliLab, build: number): Promise<Event[]> =>
  (await journalOf(lab)).filter((event) => event.build === build)
