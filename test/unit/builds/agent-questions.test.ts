import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, it } from 'vitest'
import { recordQuestions } from '../../../src/builds/agent-questions.ts'
import { listQuestions } from '../../../src/store/questions.ts'
import { asked } from './look.ts'
import { guid, runHere } from './run-here.ts'

it.each([
  ['half-written again', [asked], '{"questions": [{"id": "q', ['q1']],
  ['written only now', [], JSON.stringify({ questions: [{ ...asked, id: 'q2' }] }), ['q2']],
  ['not written at all', [], '', ['approval-1']],
] as const)('what the look saw is recorded, the file being %s', async (_name, seen, text, ids) => {
  const { run, build, readNow } = await runHere({ state: 'awaiting_approval' })
  const { clarifications } = run.scope.paths
  mkdirSync(dirname(clarifications), { recursive: true })
  writeFileSync(clarifications, text)
  await recordQuestions(run.scope, build, seen)
  expect(listQuestions(run.scope.store, guid, 1).map(({ id }) => id)).toEqual(ids)
  expect(readNow().state).toBe('awaiting_approval')
})

it('a question holds the build, which goes back to where it was', async () => {
  const { run, build, readNow } = await runHere({ state: 'deploying' })
  await recordQuestions(run.scope, build, [asked])
  expect(readNow()).toMatchObject({ state: 'awaiting_approval', beforeQuestion: 'deploying' })
})
