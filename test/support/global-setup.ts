import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { endLeftovers } from './leftovers.ts'

/**
 * A sealed place for the whole run: HOME and TMPDIR below one new folder, nothing of the caller's tmux, XDG folders or
 * settings. At the end whatever still runs there is ended and fails the run.
 */
export default function setup() {
  // In a short folder only: the path of a socket must stay below 108 bytes.
  const place = tmpdir().length < 20 ? tmpdir() : '/tmp'
  const root = mkdtempSync(`${place}/tb-`)
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
    const leftovers = await endLeftovers(root, 5_000)
    rmSync(root, { recursive: true, force: true, maxRetries: 3 })
    if (leftovers.length === 0) return
    const lines = leftovers.map(({ pid, commandLine }) => `  ${pid} ${commandLine.slice(0, 200)}`)
    throw new Error(`tests left processes behind (ended now):\n${lines.join('\n')}`)
  }
}
