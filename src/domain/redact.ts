/**
 * Formats of secrets, from their makers' documentation. One list: everything that we gather (logs, evidence, debug
 * prompts, what a terminal shows) passes it; what users ask for is never changed.
 */
const secretPatterns: readonly RegExp[] = [
  // Private keys in PEM, whole or cut off.
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|$)/g,
  // AWS access key ids, and secrets and session tokens behind their names.
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  /(?<=\b(?:aws_?secret_?access_?key|aws_?session_?token|secretaccesskey|sessiontoken)["']?\s*[:=]\s*["']?)[A-Za-z0-9/+=]{16,}/gi,
  // Anthropic, OpenAI, GitHub, GitLab, Slack, Stripe, Google, npm, PyPI, Hugging Face, SendGrid, Twilio, DigitalOcean.
  /\bsk-ant-[A-Za-z0-9_-]{16,}/g,
  /\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,}/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{40,})/g,
  /\bgl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /\bxapp-\d-[A-Za-z0-9-]{10,}/g,
  /https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9/_-]+/g,
  /\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /\bwhsec_[A-Za-z0-9+/=]{16,}/g,
  /\bAIza[A-Za-z0-9_-]{35}/g,
  /\bya29\.[A-Za-z0-9_-]{20,}/g,
  /\bGOCSPX-[A-Za-z0-9_-]{20,}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bpypi-[A-Za-z0-9_-]{32,}/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g,
  /\bSK[0-9a-f]{32}\b/g,
  /\bdop_v1_[0-9a-f]{64}\b/g,
  // JSON web tokens.
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*/g,
  // What stands behind a name or a header that says it is secret, or in a URL's user info.
  /(?<=\b(?:authorization|proxy-authorization)["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  /(?<=\bbearer\s+)[A-Za-z0-9._~+/=-]{20,}/gi,
  /(?<=\b[A-Za-z0-9_]*(?:password|passwd|secret|api_?key|access_?token|auth_?token|refresh_?token|client_?secret|private_?key)["']?\s*[:=]\s*["']?)[^\s"',;&]{8,}/gi,
  /(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]{0,200}:)[^\s/@]{3,}(?=@)/gi,
]

export const redacted = '[redacted]'

/** Puts `[redacted]` where a secret stands; everything else stays as it is. */
export function redact(text: string): string {
  let clean = text
  for (const pattern of secretPatterns) clean = clean.replace(pattern, redacted)
  return clean
}

/** As `redact`, for every text in a JSON value. */
export function redactValue<T>(value: T): T {
  if (typeof value === 'string') return redact(value) as T
  if (Array.isArray(value)) return value.map(redactValue) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, redactValue(inner)]),
  ) as T
}
