/** What an agent may see of the environment of whoever starts it; nothing else, and never the identity. */
const names = new Set([
  'PATH',
  'HOME',
  'USER',
  'SHELL',
  'LANG',
  'TZ',
  'IS_SANDBOX',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
])
const prefixes = ['LC_', 'XDG_', 'ANTHROPIC_', 'CLAUDE_', 'DISABLE_', 'SSL_CERT_', 'AWS_']

/** What an outer Claude Code tells its children: ours is a session of its own, and one of these is a credential. */
const outerSession = new Set([
  'CLAUDE_CODE_SESSION_ID',
  'CLAUDE_CODE_ENTRYPOINT',
  'CLAUDE_CODE_MESSAGING_SOCKET',
  'CLAUDE_CODE_MESSAGING_TOKEN',
  'CLAUDE_CODE_SSE_PORT',
  'CLAUDE_PID',
  'CLAUDE_EFFORT',
])

export function isAllowedForAgents(name: string): boolean {
  if (outerSession.has(name)) return false
  return names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
}
