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

it.each(acts)('nothing follows a stop: %s', async (_name, act) => {
  const { run, build, send, stop, typesOfEvents } = await runHere(
    {},
    { accepted: [prompt.line, answer.line] },
  )
  const { store } = run.scope
  await send(prompt)
  if (act === tellLine) await send(answer)
  await store.transact((tx) =>
    appendEvent(tx, build, 'agent_started', {
      agent: 'demo',
      conversation: '',
      resumed: false,
      pid: 1,
    }),
  )
  await recordWaiting(run.scope, 'The disk is full.')
  await stop(build)
  const before = { events: typesOfEvents(), deliveries: listDeliveries(store, build) }
  await act(run, build)
  expect({ events: typesOfEvents(), deliveries: listDeliveries(store, build) }).toEqual(before)
})

it.each(acts)('a running build has it: %s', async (_name, act) => {
  const { run, build, send, typesOfEvents } = await runHere(
    {},
    { accepted: [prompt.line, answer.line] },
  )
  const { store } = run.scope
  await send(prompt)
  if (act === tellLine) await send(answer)
  await store.transact((tx) =>
    appendEvent(tx, build, 'agent_started', {
      agent: 'demo',
      conversation: '',
      resumed: false,
      pid: 1,
    }),
  )
  await recordWaiting(run.scope, 'The disk is full.')
  const before = { events: typesOfEvents(), deliveries: listDeliveries(store, build) }
  await act(run, build)
  expect({ events: typesOfEvents(), deliveries: listDeliveries(store, build) }).not.toEqual(before)
})
