import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { demoFlags, guid, identityFlags, openCliLab, waitFor } from '../support/cli-lab.ts'

test('an agent’s log that grew large is put aside, and what the agent writes next is in a new one', async () => {
  const lab = openCliLab()
  const args = ['register', ...identityFlags, ...demoFlags('hang'), '--request', 'A counter']
  await lab.run([...args, '--detach'])
  const log = join(lab.folderOf(guid), 'logs/agent.log')
  await waitFor('the agent to write', () => existsSync(log) && statSync(log).size > 0)
  appendFileSync(log, Buffer.alloc(21 * 1024 * 1024, 'x'))
  await waitFor('the rotation', () => existsSync(`${log}.1`))
  // The demo agent redraws when its window changes.
  const pane = await lab.tmux(
    'list-panes',
    '-a',
    '-F',
    '#{pane_id}',
    '-f',
    '#{==:#{window_name},agent}',
  )
  await waitFor('output in the new log', async () => {
    await lab.tmux('resize-window', '-t', pane, '-R', '1')
    return existsSync(log) && statSync(log).size > 0
  })
  expect(statSync(log).size).toBeLessThan(1024 * 1024)
  expect(statSync(log).mode & 0o777).toBe(0o600)
  expect(readFileSync(`${log}.1`).includes('xxxx')).toBe(true)
  expect((await lab.run(['logs', guid])).code).toBe(0)
})
