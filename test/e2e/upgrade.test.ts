import { expect, it } from 'vitest'
import { schemaVersion } from '../../src/store/schema.ts'
import { countOf, journalOf, registerArgs, typesOf, waitForState } from '../support/builds.ts'
import { guid, openCliLab, waitFor } from '../support/cli-lab.ts'
import { changeRecords, hasEnded, pidOf, sessionOf } from '../support/sessions.ts'

it('a supervisor of the version before ends in order, and the build goes on with a new one', async () => {
  const lab = openCliLab()
  const started = await lab.run(registerArgs({ scenario: 'ask' }, '--detach'))
  expect(started).toMatchObject({ code: 0 })
  await waitForState(lab, 'awaiting_approval')
  const old = pidOf(lab, 'supervisor')
  changeRecords(lab, 'UPDATE sessions SET supervisor_format = ?', schemaVersion - 1)

  await lab.run(['list'])
  await waitFor('the old supervisor to end', () => hasEnded(old))
  await waitFor('a new supervisor', () => {
    const { supervisor_format: format } = sessionOf(lab)
    return format === schemaVersion && pidOf(lab, 'supervisor') !== old
  })
  // A supervisor of this version is left alone.
  const now = pidOf(lab, 'supervisor')
  await lab.run(['list'])
  await lab.run(['answer', guid, 'dark'])
  await waitForState(lab, 'deployed')
  const events = await journalOf(lab)
  expect(events.filter((one) => one.type === 'supervisor_started').map((one) => one.pid)).toEqual([
    old,
    now,
  ])
  expect(countOf(events, 'retry')).toBe(0)
  expect(typesOf(events)).not.toContain('agent_exited')
})
