import * as v from 'valibot'
import { parseJson } from './parse-json.ts'

/** An amount in US dollars. It is finite, because JSON can say 1e999, which the records would return as null. */
export const amountSchema = v.pipe(v.number(), v.finite(), v.minValue(0))

/** The statuses that an agent may report in status.json. */
export const reportStatuses = [
  'initializing',
  'planning',
  'implementing',
  'deploying',
  'deployed',
  'error',
  'awaiting_approval',
] as const

export type ReportStatus = (typeof reportStatuses)[number]

const reportSchema = v.looseObject({
  status: v.picklist(reportStatuses),
  phase: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4)),
  progress: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  message: v.string(),
  deployment_url: v.nullish(v.string()),
  estimated_completion: v.nullish(v.string()),
  files_created: v.nullish(v.union([v.number(), v.array(v.string())])),
  completed_at: v.nullish(v.string()),
  cost_estimate_monthly: v.nullish(amountSchema),
  reason: v.nullish(v.string()),
  error: v.nullish(v.unknown()),
  build: v.nullish(v.number()),
  attempt: v.nullish(v.number()),
})

/** An agent's report, which is a claim and not a fact. Fields that are not named here are kept. */
export type Report = v.InferOutput<typeof reportSchema>

export type ParsedReport =
  | { readonly ok: true; readonly report: Report }
  | { readonly ok: false; readonly problem: string }

/** The size in bytes up to which status.json and clarifications.json are read. */
export const maxReportBytes = 1024 * 1024

/** Parses the text of a status.json; it never throws. */
export function parseReport(text: string): ParsedReport {
  const json = parseJson(text)
  if (!json.ok) return json
  const parsed = v.safeParse(reportSchema, json.value)
  if (parsed.success) return { ok: true, report: asRecorded(parsed.output) }
  const issue = parsed.issues[0]
  const path = v.getDotPath(issue)
  return { ok: false, problem: bounded(path ? `${path}: ${issue.message}` : issue.message) }
}

/**
 * Returns the report as the records will: -0 and 1e999 do not survive them, and would look like a new report for
 * ever.
 */
const asRecorded = (report: Report) => JSON.parse(JSON.stringify(report)) as Report

const maxProblemLength = 300

/** Shortens a problem, because it quotes what it found, which may be a megabyte. */
const bounded = (problem: string) =>
  problem.length > maxProblemLength ? `${problem.slice(0, maxProblemLength)}…` : problem

/** Whether a report is about this attempt. A report that names another build or attempt is an old one. */
export function isReportOf(report: Report, build: number, attempt: number): boolean {
  return (report.build ?? build) === build && (report.attempt ?? attempt) === attempt
}

/** Makes the report that is written before an attempt, so that no old claim ends it. */
export function initialReport(build: number, attempt: number): Report {
  return {
    status: 'initializing',
    phase: 0,
    progress: 0,
    message: 'Waiting for the agent',
    build,
    attempt,
  }
}
