import { type BuildState, stateOfReport } from '../domain/build-state.ts'
import { costGate, isGate, ownGateKey } from '../domain/question.ts'
import type { Report } from '../domain/report.ts'
import { redact } from '../secrets/redact.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import { appendEvent, findLastEvent } from '../store/events.ts'
import { listAnswerable, type Question, recordQuestion } from '../store/questions.ts'
import type { Run } from './run.ts'

/** Takes a report over: a claim, recorded as one. */
export function recordReport(run: Run, build: Build, report: Report): void {
  const { store } = run.scope
  const claimed = stateOfReport(report.status)
  const questions = listAnswerable(run.scope.store, build)
  const gate = costGate(report, build.settings.costThreshold, questions)
  const state = gate || isHeld(claimed, questions) ? 'awaiting_approval' : claimed
  store.transact(() => {
    const changed = updateBuild(store, build.guid, build.build, {
      ...(state === undefined ? {} : { state }),
      ...(state === 'awaiting_approval' ? { beforeQuestion: placeToReturnTo(build, claimed) } : {}),
      phase: report.phase,
      progress: report.progress,
      message: report.message,
      report,
    })
    if (!changed) return
    appendEvent(store, build, 'status', {
      status: report.status,
      phase: report.phase,
      progress: report.progress,
      message: report.message,
      report,
    })
    if (gate) recordQuestion(store, build, gate, ownGateKey(gate))
    if (state === 'verifying')
      appendEvent(store, build, 'verifying', { url: report.deployment_url ?? '' })
  })
}

/** Whether the report tells of a cost that nobody approved. */
export const needsApproval = (run: Run, build: Build, report: Report): boolean =>
  costGate(report, build.settings.costThreshold, listAnswerable(run.scope.store, build)) !==
  undefined

/**
 * A gate holds the build whatever the agent thinks. Another open question does so while the agent works on; one that
 * claims to be done needs no answer any more.
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

/** Tells of a bad status.json once, until a good one comes. */
export function recordInvalidReport(run: Run, build: Build, found: string): void {
  const problem = redact(found)
  const { store } = run.scope
  const last = findLastEvent(store, build, ['status', 'status_invalid'])
  if (last?.type === 'status_invalid' && last.problem === problem) return
  appendEvent(store, build, 'status_invalid', { problem })
}
