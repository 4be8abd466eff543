import { lstatSync, rmSync } from 'node:fs'
import { writeFileOnce } from './write.ts'

/** The contents of status.json but for the build and attempt numbers, which are the order's. */
export interface Report {
  readonly status:
    | 'initializing'
    | 'planning'
    | 'implementing'
    | 'deploying'
    | 'deployed'
    | 'error'
    | 'awaiting_approval'
  readonly phase: 0 | 1 | 2 | 3 | 4
  readonly progress: number
  readonly message: string
  readonly reason?: string
  readonly error?: string
  readonly deployment_url?: string
  readonly files_created?: readonly string[]
  readonly cost_estimate_monthly?: number
  readonly completed_at?: string
}

/** Replaces the status file by a report in one step, whatever stands in its place. */
export function writeReport(
  file: string,
  report: Report & { build?: number; attempt?: number },
): void {
  if (lstatSync(file, { throwIfNoEntry: false })?.isDirectory()) rmSync(file, { recursive: true })
  writeFileOnce(file, `${JSON.stringify(report, null, 2)}\n`)
}
