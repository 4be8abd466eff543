import { rm } from 'node:fs/promises'
import { stateOfReport } from '../domain/build-state.ts'
import type { AskedQuestion } from '../domain/questions.ts'
import type { Report } from '../domain/report.ts'
import { type Build, updateBuild } from '../store/builds.ts'
import { appendEvent, findLastEvent } from '../store/events.ts'
import { recordQuestion } from '../store/questions.ts'
import { readClarifications } from '../workspace/agent-files.ts'
import { type Run, readBuild } from './run.ts'

/** Takes a report over: a claim, recorded as one. */
export function recordReport(run: Run, build: Build, report: Report): void {
  const { store } = run.scope
  const state = stateOfReport(report.status)
  store.transact(() => {
    const changed = updateBuild(store, build.guid, build.build, {
      ...(state === undefined ? {} : { state }),
      ...(state === 'awaiting_approval' && build.state !== 'awaiting_approval'
        ? { beforeQuestion: build.state }
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
    if (state === 'verifying')
      appendEvent(store, build, 'verifying', { url: report.deployment_url ?? '' })
  })
}

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

/** Records what clarifications.json asks, and waits for answers. */
export async function recordQuestions(run: Run, build: Build): Promise<void> {
  const { store, paths } = run.scope
  const read = await readClarifications(paths.clarifications)
  const asked = read.kind === 'valid' ? read.content : []
  const questions = asked.length > 0 ? asked : [unnamedQuestion(build)]
  // What it says may be of an id that is used again now.
  await rm(paths.answers, { recursive: true, force: true })
  store.transact(() => {
    if (readBuild(run).endedAt !== undefined) return
    for (const question of questions) recordQuestion(store, build, question)
    if (build.state === 'awaiting_approval') return
    updateBuild(store, build.guid, build.build, {
      state: 'awaiting_approval',
      beforeQuestion: build.state,
    })
  })
}

/** For an agent that waits for an approval and did not write down what for. */
const unnamedQuestion = (build: Build): AskedQuestion => ({
  id: 'approval',
  question: build.message || 'The agent waits for an approval.',
  reason: 'approval',
  options: [],
  default: undefined,
  cost_estimate_monthly: build.report?.cost_estimate_monthly ?? undefined,
})
