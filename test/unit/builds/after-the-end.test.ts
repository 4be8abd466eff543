import { expect, it } from 'vitest'
import { recordAccepted } from '../../../src/builds/deliver.ts'
import { recordInvalidReport, recordReport } from '../../../src/builds/follow-report.ts'
import {
  planAnswers,
  planCallBack,
  planReminder,
  sendAgain,
  tellLine,
} from '../../../src/builds/lines.ts'
import type { Run } from '../../../src/builds/run.ts'
import { recordReadiness } from '../../../src/builds/run-build.ts'
import { recordGoingOn, recordWaiting } from '../../../src/builds/waiting.ts'
import { initialReport } from '../../../src/domain/report.ts'
import type { Build } from '../../../src/store/builds.ts'
import { listDeliveries } from '../../../src/store/deliveries.ts'
import { appendEvent } from '../../../src/store/events.ts'
import { delivery, line } from './look.ts'
import { runHere } from './run-here.ts'

const prompt = delivery('sent')
const answer = line('sent', { prompt: 'answer' })

const acts: readonly (readonly [string, (run: Run, build: Build) => Promise<unknown>])[] = [
  ['a report', (run, build) => recordReport(run, build, initialReport(1, 1))],
  ['a bad report', (run, build) => recordInvalidReport(run, build, 'no JSON')],
  ['answers for the agent', planAnswers],
  ['a reminder', (run, build) => planReminder(run, build, 'stalled', 900)],
  ['a call back', planCallBack],
  ['a proof', (run, build) => recordAccepted(run, build, prompt, 'hook')],
  ['a proof, found when the agent was lost', sendAgain],
  ['a line that was taken', tellLine],
  ['an agent that is ready', recordReadiness],
  ['a wait that is over', (run, build) => recordGoingOn(run.scope, build)],
]

/** A build with everything under way that the acts go on from, and what its records hold. */
async function buildUnderWay(act: unknown) {
  const here = await runHere({}, { accepted: [prompt.line, answer.line] })
  const { run, build, send, typesOfEvents } = here
  const { store } = run.scope
  await send(prompt)
  if (act === tellLine) await send(answer)
  const started = { agent: 'demo', conversation: '', resumed: false, pid: 1 }
  await store.transact((tx) => appendEvent(tx, build, 'agent_started', started))
  await recordWaiting(run.scope, 'The disk is full.')
  return {
    ...here,
    records: () => ({ events: typesOfEvents(), deliveries: listDeliveries(store, build) }),
  }
}

it.each(acts)('nothing follows a stop: %s', async (_name, act) => {
  const { run, build, stop, records } = await buildUnderWay(act)
  await stop(build)
  const before = records()
  await act(run, build)
  expect(records()).toEqual(before)
})

it.each(acts)('a build that runs has it recorded: %s', async (_name, act) => {
  const { run, build, records } = await buildUnderWay(act)
  const before = records()
  await act(run, build)
  expect(records()).not.toEqual(before)
})
