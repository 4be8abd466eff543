// Installs the Claude Code that the tests run, from the npm registry, into .test-cache/claude, and prints its version.
// Plain JavaScript because it may run on an older Node than the product. No install script of a package is run.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// The version stands in one place, and this Node may not read TypeScript.
const source = readFileSync(`${root}test/support/claude-program.ts`, 'utf8')
const version = /claudeVersion = '([\d.]+)'/.exec(source)?.[1]
const folder = `${root}.test-cache/claude`
const name = `@anthropic-ai/claude-code-linux-${process.arch}`
const program = `${folder}/node_modules/${name}/claude`

const printVersion = () =>
  execFileSync(program, ['--version'], {
    env: { PATH: process.env.PATH, HOME: folder, DISABLE_AUTOUPDATER: '1' },
    encoding: 'utf8',
    timeout: 60_000,
  }).trim()

const isInstalled = () => existsSync(program) && printVersion().startsWith(`${version} `)

try {
  if (!version) throw new Error('test/support/claude-program.ts names no version')
  if (!isInstalled()) {
    mkdirSync(folder, { recursive: true })
    const args = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund']
    execFileSync('npm', [...args, '--ignore-scripts', `${name}@${version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 300_000,
    })
  }
  if (!isInstalled()) throw new Error(`${program} is not version ${version}`)
  console.log(printVersion())
} catch (error) {
  console.error(`install-claude: ${error.message}`)
  process.exitCode = 1
}
