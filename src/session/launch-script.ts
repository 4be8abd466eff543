import { shellQuote } from '../world/shell-quote.ts'
import type { Environment, Variables } from '../world/world.ts'
import type { WindowName } from './paths.ts'
import { markerNames } from './processes.ts'
import { realHome, type Scope } from './scope.ts'

/** The program that a window runs: its folder, its whole environment and its argv. */
export interface Launch {
  readonly folder: string
  readonly environment: Variables
  readonly argv: readonly string[]
}

const isVariableName = (name: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name)

// Another program may have started the tmux server with another umask.
const preparation = (launch: Launch) => [
  'umask 077',
  // `cd` exports OLDPWD, the folder in which the tmux server was started.
  `cd -- ${shellQuote(launch.folder)} && unset OLDPWD || exit 126`,
  ...Object.entries(launch.environment)
    .filter(([name]) => isVariableName(name))
    .map(([name, value]) => `export ${name}=${shellQuote(value)}`),
]

/** Renders a script that runs the program once. It holds keys, so it removes itself as soon as it is read. */
export function renderOneLaunch(launch: Launch): string {
  return [
    'rm -f -- "$0"',
    ...preparation(launch),
    `exec ${launch.argv.map(shellQuote).join(' ')}`,
    '',
  ].join('\n')
}

/** The exit code of a program in the loop when only waiting helps (EX_TEMPFAIL of sysexits). */
export const waitExitCode = 75

/**
 * Renders a script that runs the program until it exits with 0. After a death by signal it starts again at once,
 * uncounted. After a crash the pause grows to 5 s, and TMUX_BUILDER_CRASHES is the number of crashes within the
 * last minute. After `waitExitCode`, where the program has waited itself, TMUX_BUILDER_WAITS is how often in a
 * row.
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
    // A program that ran for so long was at work in between.
    '    if [ $((now - begun)) -gt 90 ]; then waits=0; fi',
    '    waits=$((waits + 1)); sleep 0.1; continue',
    '  fi',
    '  waits=0',
    // A clock that was set back must not make an old crash a new one.
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

/** Picks what the supervisor and the preview may see: no key, no identity. */
export function ownWindowEnvironment(scope: Scope, window: WindowName): Variables {
  const isOwn = (name: string) =>
    ownNames.includes(name) || ownPrefixes.some((prefix) => name.startsWith(prefix))
  return { ...pickEnvironment(scope.world.env, isOwn), ...windowMarker(scope, window) }
}

/** The variables by which a process is recognised as one of the session, wherever it went. */
export function windowMarker(scope: Scope, window: WindowName): Record<string, string> {
  return {
    TERM: 'tmux-256color',
    [markerNames.home]: realHome(scope),
    [markerNames.session]: scope.guid,
    [markerNames.window]: window,
  }
}

/** Picks the variables that are set and whose names are allowed. */
export function pickEnvironment(
  env: Environment,
  isAllowed: (name: string) => boolean,
): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && isAllowed(name)) picked[name] = value
  return picked
}
