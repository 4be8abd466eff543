/** What must hold of a build that has ended, whatever happened to it. */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { buildsOf, type Event, fetchPage, rowsOf } from '../support/builds.ts'
import { type CliLab, guid, waitFor } from '../support/cli-lab.ts'
import { findLeftovers } from '../support/leftovers.ts'

/** The journal as the records hold it. */
export const readJournal = (lab: CliLab): Event[] =>
  rowsOf<{ seq: number; build: number; attempt: number; type: string; data: string }>(
    lab,
    'SELECT seq, build, attempt, type, data FROM events WHERE guid = ? ORDER BY seq',
    guid,
  ).map(({ data, ...event }) => ({ ...event, ...JSON.parse(data) }))

const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)

/** What was under way when the build was stopped, and what brings it back; nothing is decided in between. */
const afterStop = ['session_ended', 'release_switched', 'session_created', 'resumed']

/** Gapless, in order, each build begun and ended once, and nothing after its end but what a user asked for. */
export function journalProblems(events: readonly Event[]): string[] {
  const problems: string[] = []
  if (events.some((event, index) => event.seq !== index + 1)) problems.push('the journal has gaps')
  const builds = new Set(events.flatMap((event) => event.build ?? []))
  for (const build of builds) {
    const own = events.filter((event) => event.build === build)
    const count = (type: string) => own.filter((event) => event.type === type).length
    const name = `build ${build}`
    if (own[0]?.type !== 'registered') problems.push(`${name} begins with ${own[0]?.type}`)
    if (count('registered') !== 1) problems.push(`${name}: registered ${count('registered')} times`)
    if (count('deployed') > 1) problems.push(`${name}: deployed ${count('deployed')} times`)
    if (count('verified') !== count('deployed'))
      problems.push(`${name}: verified and deployed differ`)
    const reports = own.filter((event) => event.type === 'status')
    if (reports.some((event, index) => isSame(event.report, reports[index - 1]?.report)))
      problems.push(`${name}: a report was recorded twice`)
    const attempts = own.flatMap((event) => event.attempt ?? [])
    if (
      !isSame(
        attempts,
        attempts.toSorted((a, b) => a - b),
      )
    )
      problems.push(`${name}: an event of an attempt that was over`)
    const followers = own.slice(1).filter((_, index) => own[index]?.type === 'stopped')
    if (followers.some((event) => !afterStop.includes(event.type)))
      problems.push(`${name}: after stopped comes ${followers.map((event) => event.type)}`)
    if (count('retry') + count('stopped') < Math.max(0, ...attempts) - 1)
      problems.push(`${name}: an attempt without a reason`)
  }
  return problems
}

/** What was written before the fault is there after it. */
export const lossProblems = (before: readonly Event[], after: readonly Event[]): string[] =>
  isSame(before, after.slice(0, before.length)) ? [] : ['events that were written are gone']

interface Delivery {
  readonly id: string
  readonly state: string
}

/**
 * Each line of ours stands at most once in the agent's own papers; one that is told of as delivered exactly once.
 * `mayBeCutShort`: the agent may have died between its hook and what it told its model.
 */
export function promptProblems(
  lab: CliLab,
  events: readonly Event[],
  taken: readonly string[],
  mayBeCutShort: boolean,
): string[] {
  const deliveries = rowsOf<Delivery>(lab, 'SELECT id, state FROM deliveries WHERE guid = ?', guid)
  const confirmed = deliveries.filter((delivery) => delivery.state === 'confirmed')
  const told = events.filter((event) => event.type === 'prompt_delivered').length
  const problems = deliveries.flatMap(({ id, state }) => {
    const times = taken.filter((text) => text.includes(`[${id}]`)).length
    if (times > 1) return `${id} was delivered ${times} times`
    return times === 0 && state === 'confirmed' && !mayBeCutShort
      ? `${id} is confirmed and was never taken`
      : []
  })
  const strangers = taken.filter((text) => !deliveries.some(({ id }) => text.includes(`[${id}]`)))
  return [
    ...problems,
    ...strangers.map((text) => `the agent took what is none of ours: ${text.slice(0, 80)}`),
    ...(told === confirmed.length
      ? []
      : [`${confirmed.length} deliveries confirmed, ${told} events of them`]),
  ]
}

/** The last build is deployed, and its verified address serves what was asked for. */
export async function deployedProblems(lab: CliLab, request: string): Promise<string[]> {
  const last = buildsOf(lab).at(-1)
  if (last?.state !== 'deployed' || last.url === null)
    return [`the build ended as ${last?.state} (${last?.reason})`]
  const { url } = last
  // A preview that was killed comes back by itself, in a moment.
  const page = await waitFor('the page', () => fetchPage(url).catch(() => undefined)).catch(
    () => undefined,
  )
  if (!page) return [`${url} does not answer`]
  return page.status === 200 && page.text.includes(request)
    ? []
    : [`${url} answers ${page.status}, not with what was asked for`]
}

/** Before the session is ended: the server holds no text of ours. */
export async function bufferProblems(lab: CliLab): Promise<string[]> {
  const buffers = await lab.tmux('list-buffers', '-F', '#{buffer_name}').catch(() => '')
  return buffers === '' ? [] : [`a paste buffer is left: ${buffers}`]
}

/** After `stop`: no process, so no lock either. */
export const processProblems = (lab: CliLab): string[] =>
  findLeftovers(lab.root).map(({ pid, commandLine }) => `left running: ${pid} ${commandLine}`)

/** After `stop`: nothing that was only for the moment. */
export function fileProblems(lab: CliLab): string[] {
  const files = readdirSync(lab.home, { recursive: true, encoding: 'utf8' })
  const isTemporary = (path: string) =>
    /^\.[0-9a-f]{16}\.tmp$/.test(basename(path)) ||
    /^sessions\/\.[^/]+$/.test(path) ||
    /\.part$/.test(path) ||
    [join('agent', 'environment.json'), join('agent', 'agent.sh')].some((name) =>
      path.endsWith(`/${name}`),
    )
  return files.filter(isTemporary).map((path) => `a temporary file is left: ${path}`)
}

export const recordProblems = (lab: CliLab): string[] => {
  const [row] = rowsOf<{ quick_check: string }>(lab, 'PRAGMA quick_check')
  return row?.quick_check === 'ok' ? [] : [`the records are damaged: ${row?.quick_check}`]
}
