import { existsSync, readFileSync } from 'node:fs'

export type Order = ReturnType<typeof readOrder>

/**
 * The prompt file that a message points at. Nothing is quoted and folders may have spaces in their names: the
 * path begins at a ` /` and ends with its `prompts/NNN-….md`; of several beginnings the first that makes a file
 * is taken.
 */
export function findPromptFile(
  message: string,
  exists: (file: string) => boolean = existsSync,
): string | undefined {
  const pattern = /^\/(?:[^\n]*?\/)?prompts\/\d{3,}-[^/\n]*?\.md(?![\p{L}\p{N}_])/u
  const candidates = [...message.matchAll(/(?<=^|[\s'"`(])\//g)].flatMap(
    ({ index }) => pattern.exec(message.slice(index))?.[0] ?? [],
  )
  return candidates.find(exists) ?? candidates[0]
}

/** The first `## Facts` section as names and values, each value verbatim to its line's end. */
export function parseFacts(prompt: string): Map<string, string> {
  const facts = new Map<string, string>()
  const lines = prompt.split('\n')
  // The first one only: a request that is quoted further down may imitate the section.
  const start = lines.findIndex((line) => /^## Facts\s*$/.test(line))
  if (start < 0) return facts
  for (const line of lines.slice(start + 1)) {
    if (/^#{1,6} /.test(line)) break
    const [, name, value] = /^- ([a-z_]+): (.*)$/s.exec(line) ?? []
    if (name !== undefined && value !== undefined && !facts.has(name)) facts.set(name, value)
  }
  return facts
}

/** What a prompt file asks for, from its facts; throws one error that names everything it lacks. */
export function readOrder(promptFile: string) {
  const facts = parseFacts(readFileSync(promptFile, 'utf8'))
  const missing: string[] = []
  const text = (name: string): string => {
    const value = facts.get(name)
    if (!value) missing.push(name)
    return value ?? ''
  }
  const number = (name: string, otherwise?: number): number => {
    const value = Number(facts.get(name) ?? otherwise)
    if (!Number.isSafeInteger(value) || value < 1) missing.push(`${name} (a number)`)
    return value
  }
  const order = {
    promptFile,
    promptType: text('prompt_type'),
    guid: text('guid'),
    build: number('build'),
    attempt: number('attempt'),
    maxAttempts: number('max_attempts', 1),
    workspace: text('workspace'),
    target: text('target'),
    requestFile: text('request_file'),
    originalRequestFile: facts.get('original_request_file') || undefined,
    deployCommand: text('deploy_command'),
    deploymentUrl: facts.get('deployment_url') || undefined,
  } as const
  if (missing.length > 0) {
    throw new Error(`the section "## Facts" of ${promptFile} lacks: ${missing.join(', ')}`)
  }
  return order
}
