// `npm run -s demo`: sets up what is missing, then builds one real request with the built-in `demo` agent. Only the
// verified address comes out on stdout. Further arguments go to `tmux-builder register` and win over what is given here.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureTmux } from './ensure-tmux.js'

const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const request =
  'Build a todo app: add a task, tick it off, filter open and done ones, and keep the list over a reload.'

function ensureBuilt() {
  const args = [pathOf('build.js'), '--if-stale']
  return spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] }).status === 0
}

if (!ensureTmux()) process.exitCode = 5
else if (!ensureBuilt()) process.exitCode = 1
else {
  const given = process.argv.slice(2)
  const hasRequest = given.some((argument) => /^--request(-file)?(=|$)/.test(argument))
  // Not as arguments: an identity stands in no process list.
  process.env.TMUX_BUILDER_EMAIL ??= 'demo@example.com'
  process.env.TMUX_BUILDER_PHONE ??= '+15550100'
  const bin = pathOf('../bin/tmux-builder.js')
  const defaults = ['--agent', 'demo', '--target', 'local']
  if (!hasRequest) defaults.push('--request', request)
  // In this process, so that signals, the exit code and the terminal are the program's own.
  process.argv = [process.execPath, bin, 'register', ...defaults, ...given]
  await import('../bin/tmux-builder.js')
}
