import type { World } from '../world/world.ts'
import { type Config, readConfig } from './config-file.ts'
import {
  type GivenValues,
  type OptionRow,
  type OptionTable,
  type OptionValues,
  variableOf,
} from './option-row.ts'

/** Where settings come from besides the caller. */
export interface Sources {
  readonly env: World['env']
  readonly config: Config
}

export async function readSources({ env }: Pick<World, 'env'>): Promise<Sources> {
  return { env, config: await readConfig(env) }
}

/**
 * Takes each option from the caller, else its variable, else config.yaml, else its default; a wrong text throws
 * `usage`.
 */
export function resolveOptions<T extends OptionTable>(
  table: T,
  sources: Sources & { readonly given?: GivenValues<T> },
): OptionValues<T> {
  const values = Object.entries(table).map(([name, row]) => {
    const given = sources.given?.[name]
    const isGiven = given !== undefined && !(Array.isArray(given) && given.length === 0)
    return [name, isGiven ? given : resolveRow(row, sources)]
  })
  return Object.fromEntries(values) as OptionValues<T>
}

function resolveRow(row: OptionRow, { env, config }: Sources): unknown {
  // A variable that is empty counts as absent, so that a script can unset it.
  const variable = env[variableOf(row)] || undefined
  const name = row.flag.replace(/ .*/, '')
  if (row.isList) {
    const texts = variable?.split(',') ?? config[row.key] ?? []
    return [texts].flat().map((text) => row.parse(text, name))
  }
  const text = variable ?? config[row.key] ?? row.default
  return text === undefined ? null : row.parse(String(text), name)
}
