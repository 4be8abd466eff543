import { expect, it } from 'vitest'
import { fetchPage, refineArgs, waitForState } from '../support/builds.ts'
import { guid, openCliLab } from '../support/cli-lab.ts'
import { isFull } from '../support/full.ts'
import { deployFirst, sessionOf } from '../support/sessions.ts'

it.runIf(isFull)(
  'what is live is served again at once while a resumed refinement goes on',
  async () => {
    const lab = openCliLab()
    const url = await deployFirst(lab, { request: 'Build a poll' })
    const hanging = refineArgs('Make it green', '--agent-option', 'scenario=hang', '--detach')
    expect((await lab.run(hanging)).code).toBe(0)
    await waitForState(lab, 'implementing')
    await lab.tmux('kill-server')
    await expect(fetchPage(url)).rejects.toThrow()
    expect((await lab.run(['resume', guid])).code).toBe(0)
    expect(await fetchPage(url)).toMatchObject({ status: 200 })
    expect((await lab.run(['stop', guid])).code).toBe(0)
  },
)

it.runIf(isFull)('a session that is resumed is in the list again', async () => {
  const lab = openCliLab()
  const url = await deployFirst(lab)
  expect((await lab.run(['archive', guid])).code).toBe(0)
  expect(await lab.json(['list'])).toEqual({ sessions: [] })
  expect((await lab.run(['resume', guid])).code).toBe(0)
  expect(sessionOf(lab).archived_at).toBe(null)
  expect(await lab.json(['list'])).toMatchObject({ sessions: [{ guid }] })
  expect((await fetchPage(url)).status).toBe(200)
})
