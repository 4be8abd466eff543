import { rowsOf, stateOf } from '../support/builds.ts'
import { type CliLab, guid } from '../support/cli-lab.ts'

/** Where a build can be when something happens to it, in the order in which it gets there. */
export const stages = [
  'starting',
  'launching',
  'delivering',
  'planning',
  'asking',
  'implementing',
  'deploying',
  'verifying',
  'ending',
] as const

export type Stage = (typeof stages)[number]

/** The build that the fault meets. */
export interface BuildAt {
  readonly lab: CliLab
  readonly number: number
}

const has = ({ lab, number }: BuildAt, table: string, more = '1') =>
  rowsOf(lab, `SELECT 1 FROM ${table} WHERE guid = ? AND build = ? AND ${more}`, guid, number)
    .length > 0

const hasReported = (at: BuildAt, ...statuses: string[]) =>
  has(
    at,
    'events',
    `type = 'status' AND json_extract(data, '$.status') IN (${statuses.map((one) => `'${one}'`)})`,
  )

/** How a stage is seen to have begun, and how long after that the fault may come: past its end, now and then. */
const looks: Readonly<
  Record<Stage, { readonly spreadMs: number; hasBegun(at: BuildAt): boolean }>
> = {
  starting: { spreadMs: 350, hasBegun: () => true },
  launching: { spreadMs: 300, hasBegun: (at) => has(at, 'builds') },
  delivering: { spreadMs: 500, hasBegun: (at) => has(at, 'deliveries') },
  planning: {
    spreadMs: 200,
    hasBegun: (at) => hasReported(at, 'planning', 'implementing', 'deployed'),
  },
  asking: { spreadMs: 500, hasBegun: ({ lab }) => stateOf(lab) === 'awaiting_approval' },
  implementing: {
    spreadMs: 400,
    hasBegun: (at) => hasReported(at, 'implementing', 'deploying', 'deployed'),
  },
  deploying: { spreadMs: 400, hasBegun: (at) => hasReported(at, 'deploying', 'deployed') },
  verifying: { spreadMs: 60, hasBegun: (at) => has(at, 'events', "type = 'verifying'") },
  ending: { spreadMs: 150, hasBegun: (at) => has(at, 'builds', "state = 'deployed'") },
}

export const hasBegun = (stage: Stage, at: BuildAt): boolean => looks[stage].hasBegun(at)

export const spreadMs = (stage: Stage): number => looks[stage].spreadMs
