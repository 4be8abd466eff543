import type { AgentProfile, VisibleVariables } from './profile.ts'

/** What every agent may see of the environment of the build's starter: never the identity. */
const common: Omit<VisibleVariables, 'hidden'> = {
  names: [
    'PATH',
    'HOME',
    'USER',
    'SHELL',
    'LANG',
    'TZ',
    'HTTP_PROXY',
    'HTTPS_PROXY',
    'NO_PROXY',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'NODE_EXTRA_CA_CERTS',
  ],
  prefixes: ['LC_', 'XDG_', 'SSL_CERT_', 'AWS_'],
}

/** Whether the agent may see a variable: one that every agent may see, or one that its profile names. */
export function isVisibleTo({ visible }: Pick<AgentProfile, 'visible'>, name: string): boolean {
  if (visible.hidden.includes(name)) return false
  return [common, visible].some(
    ({ names, prefixes }) =>
      names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  )
}
