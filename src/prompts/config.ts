import * as v from 'valibot'
import type { Problem } from './template-files.ts'

export interface SystemPrompt {
  readonly templateFile: string
  readonly description: string
  readonly variablesRequired: readonly string[]
}

/** The contents of `prompt_config.yaml`: default values of variables, and the prompt types that exist. */
export interface PromptConfig {
  readonly variables: Readonly<Record<string, PromptValue>>
  readonly systemPrompts: Readonly<Record<string, SystemPrompt>>
}

/** The name of a prompt type, which is a key of `system_prompts`. */
export type PromptType = string

/** The configuration in force, and the folders in which its files are searched. */
export interface Templates {
  readonly config: PromptConfig
  /**
   * The user's folder comes first and the built-in one last; a file is taken from the first folder that has it.
   */
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

/**
 * Parses the text of a `prompt_config.yaml`. Problems are returned rather than thrown, so that all can be
 * reported.
 */
export async function parseConfig(
  file: string,
  text: string,
): Promise<{ config: ConfigFile | undefined; problems: Problem[] }> {
  // The library is CommonJS, so its bundle has only a default export.
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

/**
 * Merges a user's configuration into the built-in one, key by key. Keys that the user leaves out stay built-in.
 */
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
    variables: { ...ours.variables, ...own.variables },
    systemPrompts: Object.assign(Object.create(null), Object.fromEntries(prompts)),
  }
}

export const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/** The value of a template variable. Templates print every kind of value as text. */
export type PromptValue = string | number | boolean
export type PromptValues = Readonly<Record<string, PromptValue | undefined>>

/** Whether a variable may have this name. Names that every object inherits (`constructor` …) are excluded. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !(name in Object.prototype)
}
