#!/usr/bin/env node
// Starts the built program. In a clone whose `node` is too old it runs on the Node that the repository brings.
import { existsSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isNodeNewEnough = major > 22 || (major === 22 && minor >= 22)
const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url))

if (!existsSync(pathOf('../dist/main.js'))) {
  console.error('tmux-builder is not built yet. Run: npm ci && npm run build')
  process.exitCode = 5
} else if (isNodeNewEnough) {
  keepCompiledCode()
  await import('../dist/main.js')
} else {
  await runOn(pathOf('../node_modules/.bin/node'))
}

/** Where the folder cannot be made or written there is no cache, without a word. */
function keepCompiledCode() {
  const { XDG_CACHE_HOME: given, HOME: home } = process.env
  const cache = given?.startsWith('/') ? given : home && `${home}/.cache`
  if (!cache) return
  const folder = `${cache}/tmux-builder`
  process.umask(0o077)
  // Made here, because Node 24.21 never returns when it is to make one where that is "no such file", as below /proc.
  for (const path of [cache, folder]) {
    try {
      mkdirSync(path, { mode: 0o700 })
    } catch {}
  }
  if (existsSync(folder)) module.enableCompileCache?.(folder)
}

async function runOn(node) {
  const { spawn } = await import('node:child_process')
  const { constants } = await import('node:os')
  // Before the child is there: a signal in between would end this process and leave the child behind. A Ctrl-C at the
  // terminal reaches the child on its own too; it takes the second one as the same.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
    process.on(signal, () => child.kill(signal))
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  child.on('error', () => {
    console.error(
      `tmux-builder needs Node 22.22 or newer; this is ${process.version}. See https://nodejs.org`,
    )
    process.exitCode = 5
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal]
  })
}
