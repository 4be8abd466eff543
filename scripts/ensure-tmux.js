// Makes sure of tmux 3.2 or newer. Where it is missing it is installed if that needs no question to anybody (apt-get, as
// root or by a sudo without a password); otherwise one sentence names the command, exit 5. What it says goes to stderr.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const installCommands = [
  ['apt-get', 'apt-get update && apt-get install -y tmux'],
  ['dnf', 'dnf install -y tmux'],
  ['pacman', 'pacman -S --noconfirm tmux'],
  ['apk', 'apk add tmux'],
  ['zypper', 'zypper install -y tmux'],
]
// A root shell made by `su` has no sbin folders on its PATH, and dpkg needs them.
const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
const isRoot = process.getuid?.() === 0

function has(program) {
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** `undefined`: there is no tmux. */
function readVersion() {
  const { status, stdout } = spawnSync('tmux', ['-V'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim().replace(/^tmux /, '') : undefined
}

/** `3.3a`, `next-3.6`; a version without a number (`master`) is a development one. */
function isNewEnough(version) {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(version) ?? [0, 9, 0]
  return Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 2)
}

function cure() {
  const command = installCommands.find(([program]) => has(program))?.[1]
  if (!command) return 'install tmux with the package manager of this system'
  if (isRoot) return `run: ${command}`
  return has('sudo') ? `run: sudo sh -c '${command}'` : `run as root: ${command}`
}

function install() {
  const prefix = isRoot ? [] : ['sudo', '-n']
  const run = (...args) => {
    const [file, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
    const env = { ...process.env, PATH: folders.join(delimiter) }
    return spawnSync(file, rest, { stdio: ['ignore', 2, 2], env }).status === 0
  }
  console.error('tmux is missing; installing it with apt-get.')
  run('update') // may fail for one of several sources; what counts is the next line
  run('install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=60', 'tmux')
}

function mayInstall() {
  if (!has('apt-get')) return false
  return isRoot || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
}

/** True when tmux is there and new enough; otherwise it has said on stderr what to do. */
export function ensureTmux() {
  let version = readVersion()
  // An old tmux is left alone: servers that run would no longer understand a newer client.
  if (version === undefined && mayInstall()) {
    install()
    version = readVersion()
  }
  if (version !== undefined && isNewEnough(version)) return true
  const what = version === undefined ? 'tmux is missing' : `tmux ${version} is too old`
  console.error(`${what}; tmux-builder needs 3.2 or newer: ${cure()}`)
  return false
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && !ensureTmux())
  process.exitCode = 5
