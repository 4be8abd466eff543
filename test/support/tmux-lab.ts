/** A tmux server of the test's own, started with our configuration. */
import { join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'
import { callTmux, requireTmux, type TmuxServer } from '../../src/tmux/server.ts'
import { run, type World } from '../../src/world/world.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TmuxLab {
  readonly folder: string
  readonly world: Pick<World, 'run' | 'env'>
  readonly server: TmuxServer
  /** One tmux command; rejects when it fails. Its output without the last line feed. */
  tmux(...command: string[]): Promise<string>
}

export function openTmuxLab(): TmuxLab {
  const folder = temporaryFolder()
  const world = { run, env: { PATH: process.env.PATH, HOME: folder, TMUX_TMPDIR: folder } }
  const server: TmuxServer = {
    socket: { name: 'lab' },
    configFile: resolve(import.meta.dirname, '../../templates/tmux.conf'),
  }
  onTestFinished(async () => void (await callTmux(world, server, [['kill-server']])))
  return {
    folder,
    world,
    server,
    tmux: async (...command) => (await requireTmux(world, server, [command])).replace(/\n$/, ''),
  }
}

/** A folder name that every reader between us and the file may stumble over. */
export const hostileName =
  'a b\'c"d #{session_name} #S #[x] %H %% $HOME `id` $(id) é ü 漢 ;x; &|<>*?~!'

export const inFolder = (lab: TmuxLab, ...names: string[]) => join(lab.folder, ...names)
