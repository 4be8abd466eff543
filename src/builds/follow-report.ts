import { isDeepStrictEqual } from 'node:util'
import { type BuildState, stateOfReport } from '../domain/build-state.ts'
import { costGate, isGate, ownGateKey } from '../domain/question.ts'
import { isReportOf, type Report } from '../domain/report.ts'
import { type AgentFile, readReport } from '../session/agent-files.ts'
import { type Build, updateBuild, whileRunning } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { listAnswerable, type Question, recordQuestion } from '../store/questions.ts'
import type { Run } from './run.ts'

/** Finds a report of the build's attempt that is not recorded yet. */
export function newReportIn(read: AgentFile<Report>, build: Build): Report | undefined {
  if (read.kind !== 'valid' || !isReportOf(read.content, build.build, build.attempt))
    return undefined
  return isDeepStrictEqual(read.content, build.report) ? undefined : read.content
}

/** Reads status.json again and finds such a report in it. */
export const findNewReport = async (run: Run, build: Build): Promise<Report | undefined> =>
  newReportIn(await readReport(run.scope.paths.report), build)

/** Records a report with the state that it claims. A claim to be deployed has yet to be verified. */
export async function recordReport(run: Run, build: Build, report: Report): Promise<void> {
  const claimed = stateOfReport(report.status)
  await whileRunning(run.scope.store, build, (tx, now) => {
    const questions = listAnswerable(tx, build)
    const gate = costGate(report, build.settings.costThreshold, questions)
    const state = gate || isHeld(claimed, questions) ? 'awaiting_approval' : claimed
    const { status, phase, progress, message } = report
    updateBuild(tx, build, {
      ...(state === undefined ? {} : { state }),
      ...(state === 'awaiting_approval' ? { beforeQuestion: placeToReturnTo(now, claimed) } : {}),
      phase,
      progress,
      message,
      report,
    })
    appendEvent(tx, build, 'status', { status, phase, progress, message, report })
    if (gate) recordQuestion(tx, build, gate, ownGateKey(gate))
    if (state === 'verifying')
      appendEvent(tx, build, 'verifying', { url: report.deployment_url ?? '' })
  })
}

/** Whether the report names a cost that no one has approved. */
export const needsApproval = (run: Run, build: Build, report: Report): boolean =>
  costGate(report, build.settings.costThreshold, listAnswerable(run.scope.store, build)) !==
  undefined

/**
 * Whether an open question holds the build. A gate always does; another question only while the agent works on,
 * because an agent that claims to be done needs no answer any more.
 */
function isHeld(claimed: BuildState | undefined, questions: readonly Question[]): boolean {
  const open = questions.filter((question) => question.answer === undefined)
  return open.some(isGate) || (open.length > 0 && claimed !== undefined && claimed !== 'verifying')
}

/** Returns the state that a held build goes back to: the one that the agent claims, else the one before. */
function placeToReturnTo(build: Build, claimed: BuildState | undefined): BuildState | null {
  if (claimed !== undefined && claimed !== 'awaiting_approval') return claimed
  return (build.state === 'awaiting_approval' ? build.beforeQuestion : build.state) ?? null
}

/** Joins what an error report says into one text. */
export function errorText(report: Report): string {
  const { error } = report
  const detail = typeof error === 'string' ? error : error == null ? '' : JSON.stringify(error)
  return detail && detail !== report.message ? `${report.message} (${detail})` : report.message
}

/** Records that status.json is still bad at the second look. */
export async function recordInvalidReport(run: Run, build: Build, problem: string): Promise<void> {
  await whileRunning(run.scope.store, build, (tx) =>
    appendEvent(tx, build, 'status_invalid', { problem }),
  )
}
