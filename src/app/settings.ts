import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { usageError } from '../errors.ts'
import { configFile } from '../session/paths.ts'
import type { World } from '../world/world.ts'

const text = v.string()
const list = v.array(text)

const configSchema = v.strictObject({
  email: v.optional(text),
  phone: v.optional(text),
  project: v.optional(text),
  agent: v.optional(text),
  agent_options: v.optional(list),
  agent_env: v.optional(list),
  target: v.optional(text),
  timeout: v.optional(text),
  max_attempts: v.optional(text),
  verify_timeout: v.optional(text),
  attempt_timeout: v.optional(text),
  stall_timeout: v.optional(text),
  retry_delay: v.optional(text),
  wait_for_limit: v.optional(text),
  budget_usd: v.optional(text),
  on_question: v.optional(text),
  approval_timeout: v.optional(text),
  connect_to: v.optional(list),
  domains: v.optional(list),
  templates: v.optional(text),
  aws_profile: v.optional(text),
  aws_accounts: v.optional(list),
  aws_agent_role: v.optional(text),
  require_proof: v.optional(text),
  ttl: v.optional(text),
  region: v.optional(text),
  max_cost_threshold: v.optional(text),
  clarification_strategy: v.optional(text),
})

/** Every key of config.yaml; in capitals behind `TMUX_BUILDER_` it is a variable. */
export const settingNames: readonly string[] = Object.keys(configSchema.entries)

type Config = v.InferOutput<typeof configSchema>
type ListName = 'agent_options' | 'agent_env' | 'connect_to' | 'domains' | 'aws_accounts'
type TextName = Exclude<keyof Config, ListName>

/** Where a setting comes from: flag, then `TMUX_BUILDER_<NAME>`, then config.yaml; else `undefined`. */
export interface Settings {
  text(name: TextName, flag: string | undefined): string | undefined
  /** Several values: the flag repeated, the variable separated by commas, a list in the file. */
  list(name: ListName, flag: readonly string[] | undefined): readonly string[]
}

/** Exit 2 for a config.yaml that is broken or has a key that nothing reads. */
export async function readSettings(world: Pick<World, 'env'>): Promise<Settings> {
  const config = await readConfig(configFile(world.env))
  const variable = (name: string) => world.env[`TMUX_BUILDER_${name.toUpperCase()}`] || undefined
  return {
    text: (name, flag) => flag ?? variable(name) ?? config[name],
    list: (name, flag) =>
      flag && flag.length > 0 ? flag : (variable(name)?.split(',') ?? config[name] ?? []),
  }
}

async function readConfig(file: string): Promise<Config> {
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return {}
    throw usageError(`${file} cannot be read (${code}).`, 'Mend its rights or remove it')
  }
  // It is CommonJS: once bundled it has nothing but its default.
  const { default: yaml } = await import('yaml')
  let value: unknown
  try {
    // "failsafe": every scalar is text, so that a phone number keeps its plus and a version its zeros.
    value = yaml.parse(content, { schema: 'failsafe' }) || {}
  } catch (error) {
    throw usageError(
      `${file} is not YAML: ${(error as Error).message.split('\n')[0]}`,
      'Mend that line',
    )
  }
  const parsed = v.safeParse(configSchema, value)
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  throw usageError(
    `${file}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`,
    `Known keys: ${settingNames.join(', ')}`,
  )
}
