/** The records of the version before builds had places. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { schemaSteps } from '../../src/store/schema.ts'

const oldVersion = 3

/** One session with one deployed build of these settings. */
export function writeOldDatabase(
  home: string,
  guid: string,
  settings: Readonly<Record<string, unknown>>,
  target = 'aws',
): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const db = new DatabaseSync(join(home, 'tmux-builder.db'))
  db.exec(`${schemaSteps.slice(0, oldVersion).join('')}PRAGMA user_version = ${oldVersion}`)
  const at = '2026-01-01T00:00:00.000Z'
  db.prepare(
    `INSERT INTO sessions (guid, email, phone, created_at, updated_at, last_build)
     VALUES (?, 'a@b.co', '1234567', ?, ?, 1)`,
  ).run(guid, at, at)
  const all = {
    awsAccounts: [],
    awsAgentRole: null,
    requireProof: 'live',
    templates: null,
    variables: {},
    ...settings,
  }
  db.prepare(
    `INSERT INTO builds (guid, build, command, request_hash, request_file, agent, agent_options, target, settings,
       state, created_at, updated_at, ended_at)
     VALUES (?, 1, 'register', 'h', 'f', 'demo', '{}', ?, ?, 'deployed', ?, ?, ?)`,
  ).run(guid, target, JSON.stringify(all), at, at, at)
  db.close()
}
