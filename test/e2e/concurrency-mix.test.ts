import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { isFinal } from '../../src/domain/build-state.ts'
import { journalProblems, processProblems } from '../faults/invariants.ts'
import { watchAgents } from '../faults/processes.ts'
import {
  countOf,
  fetchPage,
  journalOf,
  promptsTaken,
  refineArgs,
  registerArgs,
  rowsOf,
  stateOf,
} from '../support/builds.ts'
import { type CliLab, type Finished, guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { type Random, seededRandom } from '../support/random.ts'
import { isWindowAlive, sessionOf } from '../support/sessions.ts'

const rounds = isFull ? 12 : 1
const commandsPerRound = isFull ? 40 : 14

const registerFor = (request: string, ...more: string[]) =>
  registerArgs({ request, scenario: 'ask', pace: 20 }, '--detach', ...more)

/** What users and scripts may type into one session, as often as it stands here. */
const mix: readonly (readonly string[])[] = [
  registerFor('Build a poll'),
  registerFor('Build a poll', '--rebuild'),
  registerFor('Build a quiz'),
  refineArgs('Make the header green', '--detach'),
  refineArgs('Make it larger', '--detach'),
  ['answer', guid, 'always dark'],
  ['answer', guid, 'follow the system'],
  ['approve', guid],
  ['stop', guid],
  ['resume', guid],
  ['resume', guid],
  ['archive', guid],
  ['restore', guid],
]

interface Did {
  readonly name: string
  readonly args: readonly string[]
  readonly done: Finished
  /** What it printed. */
  readonly said: {
    readonly build?: number
    readonly state?: string
    readonly question?: string
    readonly questions?: readonly string[]
    readonly resumed?: readonly { readonly did: string }[]
  }
}

/** Many commands at random moments of a few seconds. */
async function runMix(lab: CliLab, random: Random): Promise<Did[]> {
  const chosen = Array.from({ length: commandsPerRound }, () => ({
    args: [...random.pick(mix), '--json'],
    afterMs: random.between(0, commandsPerRound * 180),
  }))
  // So that there is a session from the start.
  chosen.push({ args: [...(mix[0] ?? []), '--json'], afterMs: 0 })
  return Promise.all(
    chosen.map(async ({ args, afterMs }) => {
      await delay(afterMs)
      const done = await lab.run(args)
      const said = done.code === 0 ? JSON.parse(done.stdout.trimEnd().split('\n').at(-1) ?? '') : {}
      return { name: args[0] ?? '', args, done, said }
    }),
  )
}

/** Whoever is left brings the last build to its end. */
async function bringToRest(lab: CliLab): Promise<void> {
  await waitFor(
    'the end of the last build',
    async () => {
      const state = stateOf(lab)
      if (state === undefined || isFinal(state as never)) return true
      // Nothing runs out of sight.
      expect(sessionOf(lab).archived_at).toBe(null)
      if (state === 'awaiting_approval') await lab.run(['answer', guid, 'always dark'])
      if (!isWindowAlive(lab, 'supervisor')) await lab.run(['resume', guid])
      return false
    },
    120_000,
  )
  await waitFor('the supervisor’s leave', () => !isWindowAlive(lab, 'supervisor'))
}

const allowed: Readonly<Record<string, readonly number[]>> = {
  register: [0, 1, 6],
  refine: [0, 1, 2, 4, 6],
  answer: [0, 2, 4],
  approve: [0, 2, 4],
  stop: [0, 4],
  resume: [0, 1, 2, 4],
  archive: [0, 4, 6],
  restore: [0, 4],
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** Every command that said that it did something did it, once. */
async function expectCarriedOut(lab: CliLab, did: readonly Did[], settled: number) {
  const events = await journalOf(lab)
  expect(journalProblems(events)).toEqual([])
  for (const { name, args, done } of did)
    expect(allowed[name], `${args.join(' ')}: ${done.code} ${done.stderr}`).toContain(done.code)
  const acknowledged = did.filter(({ done }) => done.code === 0)
  const builds = events.filter((event) => event.type === 'registered')
  expect(rowsOf(lab, 'SELECT build FROM builds')).toHaveLength(builds.length)
  for (const { name, args, said } of acknowledged) {
    if (name !== 'register' && name !== 'refine') continue
    const request = args[args.indexOf('--request') + 1] ?? ''
    const own = builds.find(({ build }) => build === said.build)
    // What is deployed already may be reported as the refinement that followed it.
    if (said.state !== 'deployed')
      expect(own).toMatchObject({ command: name, request_sha256: sha256(request) })
  }
  const answers = acknowledged.flatMap(({ said }) => said.questions ?? said.question ?? [])
  expect(countOf(events, 'answer')).toBe(answers.length + settled)
  const resumes = acknowledged
    .flatMap(({ said }) => said.resumed ?? [])
    .filter(({ did: what }) => what === 'next_attempt' || what === 'went_on')
  const stops = acknowledged.filter(({ name }) => name === 'stop')
  expect(countOf(events, 'resumed')).toBeGreaterThanOrEqual(resumes.length)
  expect(countOf(events, 'stopped')).toBeLessThanOrEqual(stops.length)
  // By turns: each is done once.
  const marks = events.map(({ type }) => type).filter((type) => /^(archived|restored)$/.test(type))
  expect(marks).toEqual(marks.map((_, index) => (index % 2 === 0 ? 'archived' : 'restored')))
  if (acknowledged.some(({ name }) => name === 'archive')) expect(marks).toContain('archived')
  // Each line was given to an agent once.
  const taken = promptsTaken(lab)
  expect(new Set(taken).size).toBe(taken.length)
}

test(
  'any mix of commands at once leaves the session at rest, with each done once or refused',
  async () => {
    const random = seededRandom('mix of commands')
    const watch = watchAgents()
    for (let round = 0; round < rounds; round++) {
      const lab = openCliLab()
      const did = await runMix(lab, random)
      const before = countOf(await journalOf(lab), 'answer')
      await bringToRest(lab)
      await expectCarriedOut(lab, did, countOf(await journalOf(lab), 'answer') - before)
      expect(watch.problemsOf(lab)).toEqual([])
      const { archived_at } = sessionOf(lab)
      const all = await lab.json<{ sessions: object[] }>(['list'])
      expect(all.sessions).toHaveLength(archived_at === null ? 1 : 0)
      // Nothing is in the way of whoever comes next.
      const next = registerArgs({ request: 'Build a timer', pace: 0 }, '--rebuild')
      const done = await lab.run(next)
      expect(done.code, done.stderr).toBe(0)
      expect((await fetchPage(done.stdout.trim())).text).toContain('Build a timer')
      expect((await lab.run(['stop', guid])).code).toBe(0)
      await waitFor('no process', () => processProblems(lab).length === 0)
      await lab.close()
    }
    watch.close()
  },
  isFull ? 1_800_000 : 300_000,
)
