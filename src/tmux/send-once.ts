import { replaceControls } from '../domain/control-characters.ts'
import { pipePaneCommand } from './panes.ts'
import { callTmux, requireTmux, type TmuxServer, type TmuxWorld } from './server.ts'

/**
 * Makes a command that acts only once, though its sender may be killed at any moment. tmux is the recorder: the
 * pane option `@tb_prompt` and the act are one step in the server, so that a sender that comes back asks the
 * option (446 kills over 400 prompts: none lost, none doubled). Only generated ids may stand in these command
 * strings.
 */
function onceOnly(pane: string, id: string, how: 'pasted' | 'launched', act: string): string[] {
  if (!/^[0-9a-z-]+$/.test(id) || !/^%\d+$/.test(pane)) throw new Error(`unsafe id: ${id} ${pane}`)
  return [
    'if-shell',
    '-F',
    '-t',
    pane,
    `#{m:${id}:*,#{@tb_prompt}}`,
    '',
    `${act} ; set-option -p -t ${pane} @tb_prompt ${id}:${how}`,
  ]
}

/** Reads from the option how the pane got this delivery; `undefined` when it did not. */
export function sentHow(option: string, id: string): 'pasted' | 'launched' | undefined {
  if (option === `${id}:pasted`) return 'pasted'
  return option === `${id}:launched` ? 'launched' : undefined
}

/**
 * Starts the script of the pane, which holds the first message, unless it was started for this delivery, and
 * appends the output of the pane to the log.
 */
export async function launchOnce(
  world: TmuxWorld,
  server: TmuxServer,
  pane: string,
  id: string,
  logFile: string,
): Promise<void> {
  await requireTmux(world, server, [
    onceOnly(pane, id, 'launched', `respawn-pane -k -t ${pane}`),
    pipePaneCommand(pane, logFile),
  ])
}

/**
 * Pastes a text unless it was pasted already. `-p` brackets it if the program asked for that, and `-r` keeps line
 * feeds from becoming Enter. Enter is a later call, because programs swallow one that comes with the paste (12 of
 * 12 times with Claude Code).
 */
export async function pasteOnce(
  world: TmuxWorld,
  server: TmuxServer,
  pane: string,
  id: string,
  text: string,
): Promise<void> {
  const buffer = bufferName(id)
  await requireTmux(world, server, [['load-buffer', '-b', buffer, '-']], pasteableText(text))
  // A pane in copy mode would swallow the paste. Usually there is no mode, and this call fails without harm.
  await callTmux(world, server, [['send-keys', '-t', pane, '-X', 'cancel']])
  await requireTmux(world, server, [
    onceOnly(pane, id, 'pasted', `paste-buffer -p -r -d -b ${buffer} -t ${pane}`),
  ])
  // The buffer is still there when the pane had the text already.
  await callTmux(world, server, [['delete-buffer', '-b', buffer]])
}

const bufferName = (id: string) => `tb-${id}`

/** Removes the buffers that killed senders loaded and did not paste, of deliveries whose ids begin like that. */
export async function deleteBuffers(
  world: TmuxWorld,
  server: TmuxServer,
  idStart: string,
): Promise<void> {
  const listed = await callTmux(world, server, [['list-buffers', '-F', '#{buffer_name}']])
  const left = listed.stdout.split('\n').filter((name) => name.startsWith(bufferName(idStart)))
  if (left.length > 0)
    await callTmux(
      world,
      server,
      left.map((name) => ['delete-buffer', '-b', name]),
    )
}

/** Writes line ends as LF and drops control characters: an embedded ESC[201~ would end the bracket early. */
export function pasteableText(text: string): string {
  return replaceControls(text.replace(/\r\n?/g, '\n'), '')
}

/** Presses Enter. A pane in copy mode (somebody scrolled) would swallow it, so that mode is left first. */
export async function sendEnter(world: TmuxWorld, server: TmuxServer, pane: string): Promise<void> {
  await callTmux(world, server, [['send-keys', '-t', pane, '-X', 'cancel']])
  await requireTmux(world, server, [['send-keys', '-t', pane, 'Enter']])
}
