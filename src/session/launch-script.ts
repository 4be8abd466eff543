import { shellQuote } from '../world/shell-quote.ts'
import type { Environment } from '../world/world.ts'
import type { WindowName } from './paths.ts'
import { markerNames } from './processes.ts'
import { realHome, type Scope } from './scope.ts'

/** What a window runs: a folder, the whole environment and argv. */
export interface Launch {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly argv: readonly string[]
}

const isVariableName = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)

// A tmux server that somebody else started has somebody else's umask.
const preparation = (launch: Launch) => [
  'umask 077',
  // `cd` exports where the tmux server was started.
  `cd -- ${shellQuote(launch.folder)} && unset OLDPWD || exit 126`,
  ...Object.entries(launch.environment)
    .filter(([name]) => isVariableName(name))
    .map(([name, value]) => `export ${name}=${shellQuote(value)}`),
]

/** Runs it once. The script holds keys: it removes itself as soon as it is read. */
export function renderOneLaunch(launch: Launch): string {
  return [
    'rm -f -- "$0"',
    ...preparation(launch),
    `exec ${launch.argv.map(shellQuote).join(' ')}`,
    '',
  ].join('\n')
}

/** What a program in the loop exits with when only waiting helps (sysexits' EX_TEMPFAIL). */
export const waitExitCode = 75

/**
 * Runs it until it exits 0. After a death by signal it starts again at once, uncounted; after a crash the pause grows to
 * 5 s, and TMUX_BUILDER_CRASHES tells the number of crashes within the last minute. Where only waiting helps it has
 * waited itself: TMUX_BUILDER_WAITS tells how often in a row.
 */
export function renderLoop(launch: Launch): string {
  return [
    ...preparation(launch),
    'trap "" INT',
    'crashes=0 waits=0 since=$(date +%s)',
    'while :; do',
    '  begun=$(date +%s)',
    `  TMUX_BUILDER_CRASHES=$crashes TMUX_BUILDER_WAITS=$waits ${launch.argv.map(shellQuote).join(' ')}`,
    '  code=$?',
    '  [ "$code" -eq 0 ] && exit 0',
    '  if [ "$code" -gt 128 ]; then sleep 0.1; continue; fi',
    '  now=$(date +%s)',
    `  if [ "$code" -eq ${waitExitCode} ]; then`,
    // It was at work in between.
    '    if [ $((now - begun)) -gt 90 ]; then waits=0; fi',
    '    waits=$((waits + 1)); sleep 0.1; continue',
    '  fi',
    '  waits=0',
    // A clock that was set back makes no old crash a new one.
    '  if [ $((now - since)) -gt 60 ] || [ "$now" -lt "$since" ]; then crashes=0 since=$now; fi',
    '  crashes=$((crashes + 1))',
    '  if [ "$crashes" -lt 5 ]; then sleep "$crashes"; else sleep 5; fi',
    'done',
    '',
  ].join('\n')
}

const ownNames = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'TZ',
  'TMPDIR',
  'TMUX_TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
]
const ownPrefixes = ['LC_', 'XDG_']

/** What our own windows (supervisor, preview) may see: no key, no identity. */
export function ownWindowEnvironment(
  scope: Scope,
  window: WindowName,
): Readonly<Record<string, string>> {
  const isOwn = (name: string) =>
    ownNames.includes(name) || ownPrefixes.some((prefix) => name.startsWith(prefix))
  return { ...pickEnvironment(scope.world.env, isOwn), ...windowMarker(scope, window) }
}

/** By these a process is known as the session's, wherever it went. */
export function windowMarker(scope: Scope, window: WindowName): Record<string, string> {
  return {
    TERM: 'tmux-256color',
    [markerNames.home]: realHome(scope),
    [markerNames.session]: scope.guid,
    [markerNames.window]: window,
  }
}

export function pickEnvironment(
  env: Environment,
  isAllowed: (name: string) => boolean,
): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && isAllowed(name)) picked[name] = value
  return picked
}
