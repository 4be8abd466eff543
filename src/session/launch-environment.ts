import type { Environment } from '../world/world.ts'
import type { WindowName } from './paths.ts'
import { realHome, type Scope } from './scope.ts'
import { markerNames } from './session-processes.ts'

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
