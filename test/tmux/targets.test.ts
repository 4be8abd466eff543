import { expect, it } from 'vitest'
import { capturePane, listPanes } from '../../src/tmux/panes.ts'
import {
  createSession,
  createWindow,
  killSession,
  respawnPane,
  sessionName,
} from '../../src/tmux/windows.ts'
import { waitFor } from '../support/cli-lab.ts'
import { openTmuxLab, type TmuxLab } from '../support/tmux-lab.ts'

const guid = 'ab'.repeat(32)
/** Our session's name is a prefix of the first one's; the second's is a prefix of ours. */
const neighbours = [`${sessionName(guid)}0`, sessionName(guid).slice(0, -1)]

async function openStreet(lab: TmuxLab, { withOurs }: { withOurs: boolean }) {
  for (const name of neighbours)
    await lab.tmux('new-session', '-d', '-s', name, '-n', 'agent', 'sleep 600')
  if (withOurs) await createSession(lab.world, lab.server, newSession(lab))
}

const newSession = (lab: TmuxLab) => ({
  guid,
  home: lab.folder,
  agentScript: `${lab.folder}/agent.sh`,
  supervisorScript: `${lab.folder}/supervisor.sh`,
})

const namesOf = async (lab: TmuxLab) =>
  (await lab.tmux('list-sessions', '-F', '#{session_name}')).split('\n').toSorted()

it('a new session says its socket, has its windows and knows whose it is', async () => {
  const lab = openTmuxLab()
  await openStreet(lab, { withOurs: false })
  const socket = await createSession(lab.world, lab.server, newSession(lab))
  expect(socket).toBe(`${lab.folder}/tmux-${process.getuid?.()}/lab`)
  const server = { ...lab.server, socket: { path: socket ?? '' } }
  const panes = (await listPanes(lab.world, server)).filter(
    (pane) => pane.session === sessionName(guid),
  )
  expect(panes).toMatchObject([
    { window: 'agent', home: lab.folder, prompt: '' },
    { window: 'supervisor', home: lab.folder },
  ])
  const ours = `=${sessionName(guid)}:`
  expect(await lab.tmux('show-options', '-v', '-t', ours, '@tb_guid')).toBe(guid)
  expect(Math.abs((panes[0]?.sessionCreated ?? 0) * 1000 - Date.now())).toBeLessThan(20_000)
})

it('of many that make the same session one wins', async () => {
  const lab = openTmuxLab()
  const made = await Promise.all(
    Array.from({ length: 6 }, () => createSession(lab.world, lab.server, newSession(lab))),
  )
  expect(made.filter((socket) => socket !== undefined)).toHaveLength(1)
  expect(await listPanes(lab.world, lab.server)).toHaveLength(2)
})

it('killing ours ends ours alone; killing it again ends nobody', async () => {
  const lab = openTmuxLab()
  await openStreet(lab, { withOurs: true })
  await killSession(lab.world, lab.server, sessionName(guid))
  expect(await namesOf(lab)).toEqual(neighbours.toSorted())
  await killSession(lab.world, lab.server, sessionName(guid))
  expect(await namesOf(lab)).toEqual(neighbours.toSorted())
})

it('a window is made in ours, and where ours is gone in no other', async () => {
  const lab = openTmuxLab()
  await openStreet(lab, { withOurs: true })
  await createWindow(lab.world, lab.server, sessionName(guid), 'preview', `${lab.folder}/p.sh`)
  const windowsOf = async (name: string) =>
    await lab.tmux('list-windows', '-t', `=${name}`, '-F', '#{window_name}')
  expect(await windowsOf(sessionName(guid))).toBe('agent\nsupervisor\npreview')
  await killSession(lab.world, lab.server, sessionName(guid))
  await expect(
    createWindow(lab.world, lab.server, sessionName(guid), 'preview', `${lab.folder}/p.sh`),
  ).rejects.toMatchObject({ reason: 'not_ready' })
  for (const name of neighbours) expect(await windowsOf(name)).toBe('agent')
})

it('a pane is respawned, and read, by its id alone', async () => {
  const lab = openTmuxLab()
  await openStreet(lab, { withOurs: true })
  const find = async () =>
    (await listPanes(lab.world, lab.server)).find(
      (pane) => pane.session === sessionName(guid) && pane.window === 'agent',
    )
  await waitFor('the script that is not there ends', async () => (await find())?.isDead)
  const { writeFileSync } = await import('node:fs')
  writeFileSync(`${lab.folder}/agent.sh`, 'echo here I am; exec sleep 600')
  const pane = await find()
  await respawnPane(lab.world, lab.server, pane?.id ?? '')
  await waitFor('its words', async () =>
    (await capturePane(lab.world, lab.server, pane?.id ?? '', 0)).includes('here I am'),
  )
  expect(await find()).toMatchObject({ isDead: false, id: pane?.id })
})

it('no server, and no session, are an absence and no error', async () => {
  const lab = openTmuxLab()
  expect(await listPanes(lab.world, lab.server)).toEqual([])
  await killSession(lab.world, lab.server, sessionName(guid))
  expect(await capturePane(lab.world, lab.server, '%7', 0)).toBe('')
})

it.each(['a;', ';', 'a\\;', 'a\\', '#{x};', 'a;b', '-x', "it's", '漢;', ''])(
  'an option comes back from tmux as it was given: %j',
  async (value) => {
    const lab = openTmuxLab()
    await lab.tmux('new-session', '-d', 'sleep 600')
    await lab.tmux('set-option', '-g', '--', '@x', value)
    expect(await lab.tmux('show-options', '-gv', '@x')).toBe(value)
  },
)

it('titles with tabs and escapes that programs set move no field', async () => {
  const lab = openTmuxLab()
  await createSession(lab.world, lab.server, newSession(lab))
  for (const title of ['a\tb\tc', '⠋ Working 漢字', 'x\ny'])
    await lab.tmux('select-pane', '-t', `=${sessionName(guid)}:agent`, '-T', title)
  const panes = await listPanes(lab.world, lab.server)
  expect(panes).toHaveLength(2)
  expect(panes[0]).toMatchObject({ home: lab.folder, window: 'agent' })
})
