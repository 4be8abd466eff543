import { isDeepStrictEqual } from 'node:util'
import { type BuildState, stateOfReport } from '../domain/build-state.ts'
import { costGate, isGate, ownGateKey } from '../domain/question.ts'
import { isReportOf, type Report } from '../domain/report.ts'
import { type AgentFile, readReport } from '../session/agent-files.ts'
import { type Build, updateBuild, whileRunning } from '../store/builds.ts'
import { appendEvent } from '../store/events.ts'
import { listAnswerable, type Question, recordQuestion } from '../store/questions.ts'
import type { Run } from './run.ts'

/** A report of the build's attempt that is not recorded yet. */
export function newReportIn(read: AgentFile<Report>, build: Build): Report | undefined {
  if (read.kind !== 'valid' || !isReportOf(read.content, build.build, build.attempt))
    return undefined
  return isDeepStrictEqual(read.content, build.report) ? undefined : read.content
}

/** Looks again whether there is such a report. */
export const findNewReport = async (run: Run, build: Build): Promise<Report | undefined> =>
  newReportIn(await readReport(run.scope.paths.report), build)

/** Records a report as what it is: a claim. */
export async function recordReport(run: Run, build: Build, report: Report): Promise<void> {
  const claimed = stateOfReport(report.status)
  await whileRunning(run.scope.store, build, (tx) => {
    const questions = listAnswerable(tx, build)
    const gate = costGate(report, build.settings.costThreshold, questions)
    const state = gate || isHeld(claimed, questions) ? 'awaiting_approval' : claimed
    const { status, phase, progress, message } = report
    updateBuild(tx, build, {
      ...(state === undefined ? {} : { state }),
      ...(state === 'awaiting_approval' ? { beforeQuestion: placeToReturnTo(build, claimed) } : {}),
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
 * A gate holds the build whatever the agent thinks. Another open question does so while the agent works on; one
 * that claims to be done needs no answer any more.
 */
function isHeld(claimed: BuildState | undefined, questions: readonly Question[]): boolean {
  const open = questions.filter((question) => question.answer === undefined)
  return open.some(isGate) || (open.length > 0 && claimed !== undefined && claimed !== 'verifying')
}

/** What the agent claims is what a held build goes back to. */
function placeToReturnTo(build: Build, claimed: BuildState | undefined): BuildState | null {
  if (claimed !== undefined && claimed !== 'awaiting_approval') return claimed
  return (build.state === 'awaiting_approval' ? build.beforeQuestion : build.state) ?? null
}

/** What an error report says went wrong, in one text. */
export function errorText(report: Report): string {
  const { error } = report
  const detail = typeof error === 'string' ? error : error == null ? '' : JSON.stringify(error)
  return detail && detail !== report.message ? `${report.message} (${detail})` : report.message
}

/** Records that status.json stays bad. */
export async function recordInvalidReport(run: Run, build: Build, problem: string): Promise<void> {
  await run.scope.store.transact((tx) => appendEvent(tx, build, 'status_invalid', { problem }))
}
