import * as v from 'valibot'
import type { Problem } from './template-files.ts'

export interface SystemPrompt {
  readonly templateFile: string
  readonly description: string
  readonly variablesRequired: readonly string[]
}

/** `prompt_config.yaml`: defaults of variables, and the types of prompts there are. */
export interface PromptConfig {
  readonly version: string | number
  readonly variables: Readonly<Record<string, PromptValue>>
  readonly systemPrompts: Readonly<Record<string, SystemPrompt>>
}

/** A key of `system_prompts`. */
export type PromptType = string

/** The configuration in force and where the files behind it are looked for. */
export interface Templates {
  readonly config: PromptConfig
  /** A user's first, ours last: a file is taken from the first that has it. */
  readonly folders: readonly string[]
}

const variableName = v.pipe(
  v.string(),
  v.check(isVariableName, (issue) => `"${issue.input}" cannot be the name of a variable`),
)

const configSchema = v.strictObject({
  version: v.optional(v.union([v.string(), v.number()])),
  variables: v.nullish(
    v.record(
      variableName,
      v.union([v.string(), v.number(), v.boolean()], 'Must be text, a number, true or false'),
    ),
  ),
  system_prompts: v.nullish(
    v.record(
      v.string(),
      v.strictObject({
        template_file: v.optional(v.pipe(v.string(), v.minLength(1))),
        description: v.optional(v.string()),
        variables_required: v.optional(v.array(variableName)),
      }),
    ),
  ),
})

export type ConfigFile = v.InferOutput<typeof configSchema>

/** Reads the text of a `prompt_config.yaml`; every problem in it is named, none is thrown. */
export async function parseConfig(
  file: string,
  text: string,
): Promise<{ config: ConfigFile | undefined; problems: Problem[] }> {
  // It is CommonJS: once bundled it has nothing but its default.
  const { default: yaml } = await import('yaml')
  const broken = (messages: readonly string[]) => ({
    config: undefined,
    problems: messages.map((what) => ({ file, what })),
  })
  const document = yaml.parseDocument(text)
  if (document.errors.length > 0)
    return broken(document.errors.map((error) => `broken YAML: ${oneLine(error.message)}`))
  let value: unknown
  try {
    value = document.toJS() ?? {}
  } catch (error) {
    return broken([`broken YAML: ${oneLine(String(error))}`])
  }
  const parsed = v.safeParse(configSchema, value)
  if (!parsed.success)
    return broken(
      parsed.issues.map((issue) => `${v.getDotPath(issue) ?? 'top level'}: ${issue.message}`),
    )
  return { config: parsed.output, problems: [] }
}

/** Lays a user's configuration over ours, key by key: what it leaves out is ours. */
export function mergeConfigs(ours: ConfigFile, own: ConfigFile): PromptConfig {
  const types = new Set([
    ...Object.keys(ours.system_prompts ?? {}),
    ...Object.keys(own.system_prompts ?? {}),
  ])
  const prompts = [...types].map((type): [string, SystemPrompt] => {
    const prompt = { ...ours.system_prompts?.[type], ...own.system_prompts?.[type] }
    return [
      type,
      {
        templateFile: prompt.template_file ?? `system_prompts/${type}.hbs`,
        description: prompt.description ?? '',
        variablesRequired: prompt.variables_required ?? [],
      },
    ]
  })
  return {
    version: own.version ?? ours.version ?? '1',
    variables: { ...ours.variables, ...own.variables },
    systemPrompts: Object.assign(Object.create(null), Object.fromEntries(prompts)),
  }
}

export const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/** What a variable can be: text, as far as a template is concerned. */
export type PromptValue = string | number | boolean
export type PromptValues = Readonly<Record<string, PromptValue | undefined>>

/** Names that a variable may have; what every object inherits (`constructor` …) is none. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in Object.prototype)
}
