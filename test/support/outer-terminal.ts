/** A terminal of the user's: a pane of a tmux server that has nothing to do with the lab's own. */
import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { shellQuote } from '../../src/world/shell-quote.ts'
import { type CliLab, program, waitFor } from './cli-lab.ts'

export interface OuterTerminal {
  /** Starts the program on an empty screen; the exit code can then be waited for. */
  run(args: readonly string[]): Promise<() => Promise<number>>
  /** Types: names of keys as tmux knows them, or texts. */
  type(...keys: string[]): Promise<void>
  /** What the screen shows. */
  screen(): Promise<string>
  /** Waits until the screen shows it; returns the screen. */
  shows(what: string | RegExp, timeoutMs?: number): Promise<string>
  /** Empties the screen. */
  clear(): Promise<void>
  title(): Promise<string>
}

export async function openOuterTerminal(lab: CliLab): Promise<OuterTerminal> {
  const { CI: _, ...env } = { ...lab.env, TERM: 'xterm-256color' } as Record<string, string>
  const tmux = async (...args: string[]) => {
    const child = spawn('tmux', ['-u', '-L', 'outer', '-f', '/dev/null', ...args], { env })
    const [stdout, stderr, code] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      new Promise((settle) => child.on('exit', settle)),
    ])
    if (code !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`)
    return stdout.toString('utf8').trimEnd()
  }
  await tmux('new-session', '-d', '-x', '120', '-y', '60', '-s', 'user', 'env PS1="$ " /bin/sh')
  let number = 0
  const screen = () => tmux('capture-pane', '-p', '-J', '-t', 'user')
  const type = async (...keys: string[]) => void (await tmux('send-keys', '-t', 'user', ...keys))
  const clear = async () => void (await tmux('send-keys', '-R', '-t', 'user'))
  return {
    run: async (args) => {
      const file = join(lab.root, `exit-${++number}`)
      const script = join(lab.root, `run-${number}.sh`)
      const command = [process.execPath, program, ...args].map(shellQuote).join(' ')
      writeFileSync(script, `${command}\necho $? > ${shellQuote(file)}\n`)
      await clear()
      await type(`. ${script}`, 'Enter')
      return async () => {
        const code = await waitFor(`the end of ${args[0]}`, () => {
          try {
            return readFileSync(file, 'utf8').trim()
          } catch {
            return undefined
          }
        })
        return Number(code)
      }
    },
    type,
    screen,
    shows: (what, timeoutMs) =>
      waitFor(
        `${what} on the screen`,
        async () => {
          const now = await screen()
          return (typeof what === 'string' ? now.includes(what) : what.test(now)) && now
        },
        timeoutMs,
      ),
    clear,
    title: () => tmux('display-message', '-p', '-t', 'user', '#{pane_title}'),
  }
}
