#!/usr/bin/env node
// Starts the built program. In a clone whose `node` is too old it runs on the Node that the repository brings.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isNodeNewEnough = major > 22 || (major === 22 && minor >= 22)
const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url))

if (!existsSync(pathOf('../dist/main.js'))) {
  console.error('tmux-builder is not built yet. Run: npm ci && npm run build')
  process.exitCode = 5
} else if (isNodeNewEnough) {
  const { enableCompileCache } = await import('node:module')
  enableCompileCache?.()
  await import('../dist/main.js')
} else {
  const ownNode = pathOf('../node_modules/.bin/node')
  if (existsSync(ownNode)) {
    const { spawn } = await import('node:child_process')
    const child = spawn(ownNode, process.argv.slice(1), { stdio: 'inherit' })
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
      process.on(signal, () => child.kill(signal))
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)
    })
  } else {
    console.error(
      `tmux-builder needs Node 22.22 or newer; this is ${process.version}. See https://nodejs.org`,
    )
    process.exitCode = 5
  }
}
