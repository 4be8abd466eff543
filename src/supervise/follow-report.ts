import { stateOfReport } from '../domain/build-state.ts'
import { costGate, isGate } from '../domain/gate.ts'
import type { Report } from '../domain/report.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import { appendEvent, findLastEvent } from '../store/events.ts'
import { listQuestions, type Question, recordQuestion } from '../store/questions.ts'
import type { Run } from './run.ts'

/** Takes a report over: a claim, recorded as one. */
export function recordReport(run: Run, build: Build, report: Report): void {
  const { store } = run.scope
  const claimed = stateOfReport(report.status)
  // Nobody can answer any more what an earlier attempt asked.
  const questions = listQuestions(store, build.guid, build.build).filter(
    (question) => question.answer !== undefined || question.attempt === build.attempt,
  )
  // An agent that waits asks itself; what it is answered is looked at when it goes on.
  const gate =
    claimed === 'awaiting_approval'
      ? undefined
      : costGate(report, build.settings.costThreshold, questions)
  // A gate holds whatever the agent thinks: what it claims is what the build goes back to.
  const isHeld = gate !== undefined || (claimed !== 'awaiting_approval' && hasOpenGate(questions))
  const state = isHeld ? 'awaiting_approval' : claimed
  const before = isHeld && claimed !== 'awaiting_approval' ? claimed : build.state
  store.transact(() => {
    const changed = updateBuild(store, build.guid, build.build, {
      ...(state === undefined ? {} : { state }),
      ...(state === 'awaiting_approval' && before !== undefined && before !== 'awaiting_approval'
        ? { beforeQuestion: before }
        : {}),
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
    if (gate) recordQuestion(store, build, gate)
    if (claimed === 'verifying')
      appendEvent(store, build, 'verifying', { url: report.deployment_url ?? '' })
  })
}

const hasOpenGate = (questions: readonly Question[]) =>
  questions.some((question) => question.answer === undefined && isGate(question))

/** What an error report says went wrong, in one text. */
export function errorText(report: Report): string {
  const { error } = report
  const detail = typeof error === 'string' ? error : error == null ? '' : JSON.stringify(error)
  return detail && detail !== report.message ? `${report.message} (${detail})` : report.message
}

/** Tells of a bad status.json once, until a good one comes. */
export function recordInvalidReport(run: Run, build: Build, problem: string): void {
  const { store } = run.scope
  const last = findLastEvent(store, build, ['status', 'status_invalid'])
  if (last?.type === 'status_invalid' && last.problem === problem) return
  appendEvent(store, build, 'status_invalid', { problem })
}
