import { callTmux, isAbsence, type TmuxServer, type TmuxWorld, tmuxRefused } from './server.ts'

/** One pane of the server, as `list-panes` tells it. */
export interface Pane {
  readonly session: string
  readonly window: string
  /** `%12`: names the pane whatever else happens. */
  readonly id: string
  readonly pid: number
  readonly isDead: boolean
  /** Of a dead pane; tmux 3.3a sometimes misses it. */
  readonly exitStatus: number | null
  readonly exitSignal: string | null
  readonly title: string
  /** Seconds since the epoch: when its session was made. */
  readonly sessionCreated: number
  /** Our options: the session's GUID and home, and the last prompt given to the pane. */
  readonly guid: string
  readonly home: string
  readonly prompt: string
}

const fields = [
  '#{session_name}',
  '#{window_name}',
  '#{pane_id}',
  '#{pane_pid}',
  '#{pane_dead}',
  '#{pane_dead_status}',
  '#{pane_dead_signal}',
  '#{session_created}',
  '#{@tb_guid}',
  '#{@tb_prompt}',
  '#{@tb_home}',
  '#{pane_title}',
] as const

const separator = '\t'

/** The argument of `list-panes -F`; the title, which a program sets as it likes, comes last. */
export const paneFormat = fields.join(separator)

export function parsePanes(stdout: string): Pane[] {
  return stdout
    .split('\n')
    .filter((line) => line.split(separator).length >= fields.length)
    .map((line) => {
      const [
        session = '',
        window = '',
        id = '',
        pid,
        dead,
        status,
        signal,
        created,
        guid = '',
        prompt = '',
        home = '',
        ...title
      ] = line.split(separator)
      return {
        session,
        window,
        id,
        pid: Number(pid),
        isDead: dead === '1',
        exitStatus: status ? Number(status) : null,
        exitSignal: signal || null,
        sessionCreated: Number(created),
        guid,
        prompt,
        home,
        title: title.join(separator),
      }
    })
}

/** All panes of the server in one call; none when there is no server. */
export async function listPanes(world: TmuxWorld, server: TmuxServer): Promise<Pane[]> {
  const result = await callTmux(world, server, [['list-panes', '-a', '-F', paneFormat]])
  if (result.ok) return parsePanes(result.stdout)
  if (isAbsence(result.stderr)) return []
  throw tmuxRefused('list-panes', result.stderr)
}
