import { readFile } from 'node:fs/promises'
import * as v from 'valibot'
import { usageError } from '../errors.ts'
import { configFile } from '../session/paths.ts'
import type { World } from '../world/world.ts'
import type { OptionRow } from './option-row.ts'
import { options } from './options.ts'

/** The texts of config.yaml by key; an option that may be repeated has a list. */
export type Config = Readonly<Record<string, string | readonly string[] | undefined>>

/** Reads config.yaml. An absent file is empty; a broken one, or one with an unknown key, throws `usage`. */
export async function readConfig(env: World['env']): Promise<Config> {
  const file = configFile(env)
  let content: string
  try {
    content = await readFile(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return {}
    throw usageError(`${file} cannot be read (${code}).`, 'Fix its permissions or remove it')
  }
  return parseConfig(content, file)
}

async function parseConfig(content: string, file: string): Promise<Config> {
  // The package is CommonJS: once bundled, it only has its default export.
  const { default: yaml } = await import('yaml')
  let value: unknown
  try {
    // With "failsafe" every scalar is text, so that a phone number keeps its plus and a version its zeros.
    value = yaml.parse(content, { schema: 'failsafe' }) || {}
  } catch (error) {
    throw usageError(
      `${file} is not YAML: ${(error as Error).message.split('\n')[0]}`,
      'Fix that line',
    )
  }
  const parsed = v.safeParse(configSchema(), value)
  if (parsed.success) return parsed.output
  const issue = parsed.issues[0]
  throw usageError(
    `${file}: ${v.getDotPath(issue) ?? 'the file'}: ${issue.message}`,
    `Known keys: ${Object.values(options)
      .map((row) => row.key)
      .join(', ')}`,
  )
}

/** Built on demand, because most users have no config.yaml to check. */
function configSchema() {
  const text = v.string()
  const list = v.array(text)
  const entry = (row: OptionRow) => v.optional(row.isList ? list : text)
  const rows = Object.values<OptionRow>(options)
  return v.strictObject(Object.fromEntries(rows.map((row) => [row.key, entry(row)])))
}
