import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { clearPlace } from './leftovers.ts'

/**
 * A sealed place for the whole run: HOME and TMPDIR below one new folder, nothing of the caller's tmux, XDG folders or
 * settings. At the end whatever still runs there is ended and fails the run.
 */
export default function setup() {
  // In a short folder only: the path of a socket must stay below 108 bytes.
  const place = tmpdir().length < 20 ? tmpdir() : '/tmp'
  const root = mkdtempSync(`${place}/tb-`)
  const endKeeper = startKeeper(root)
  for (const name of Object.keys(process.env))
    if (/^(TMUX|XDG_|GIT_|CLAUDE|ANTHROPIC_)/.test(name) && name !== 'TMUX_BUILDER_TEST_CLAUDE')
      delete process.env[name]
  for (const [name, folder] of [
    ['HOME', `${root}/home`],
    ['TMPDIR', `${root}/tmp`],
  ] as const) {
    mkdirSync(folder)
    process.env[name] = folder
  }
  return async () => {
    const leftovers = await clearPlace(root, 5_000)
    await endKeeper()
    if (leftovers.length === 0) return
    const lines = leftovers.map(({ pid, commandLine }) => `  ${pid} ${commandLine.slice(0, 200)}`)
    throw new Error(`tests left processes behind (ended now):\n${lines.join('\n')}`)
  }
}

/** In a process group of its own, where no Ctrl-C reaches it. Returns how to end it. */
function startKeeper(root: string) {
  const program = fileURLToPath(new URL('keeper.ts', import.meta.url))
  const keeper = spawn(process.execPath, [program, root], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Also when it was ended by another meanwhile.
  const ended = once(keeper, 'exit')
  // Nothing that keeps the run alive.
  keeper.unref()
  ;(keeper.stdin as Socket).unref()
  return () => {
    keeper.stdin.end()
    return ended
  }
}
