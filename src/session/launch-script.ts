import { shellQuote } from '../world/shell-quote.ts'

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
