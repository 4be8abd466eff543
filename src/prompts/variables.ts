import type { PromptConfig, PromptValue, PromptValues } from './config.ts'

/**
 * The variables that the program gives to every prompt, with the values used when a caller (`prompts render`)
 * gives none. They keep the JSON examples in a rendered prompt valid whatever was left out.
 */
const everyPrompt: Readonly<Record<string, PromptValue>> = {
  guid: '',
  email: '',
  phone: '',
  project: '',
  build: 1,
  attempt: 1,
  max_attempts: 3,
  target: 'aws',
  session_path: '',
  prompts_path: '',
  request_file: '',
  deploy_command: '',
  aws_profile: '',
  default_region: '',
  max_cost_threshold: 0,
  clarification_strategy: 'autonomous',
}

/** The variables that only prompts of one type get. */
const ownVariables: ReadonlyMap<string, readonly string[]> = new Map([
  ['autonomous_agent', ['user_request']],
  ['refinement_mode', ['deployment_url', 'live_build', 'original_request', 'refinement_request']],
  [
    'debug_mode',
    [
      'error_log',
      'failure_reason',
      'previous_attempt',
      'deployment_url',
      'user_request',
      'original_request',
    ],
  ],
])

/** The types that a build needs. A user's configuration may add others for `prompts render`. */
export const builtInTypes: readonly string[] = [...ownVariables.keys()]

/** Lists the variables that the program gives to prompts of this type. A user's own type may name all of them. */
export function programVariables(type: string): readonly string[] {
  const own = ownVariables.get(type) ?? [...ownVariables.values()].flat()
  return [...Object.keys(everyPrompt), ...own]
}

/**
 * Makes the variables that a template of this type may name: the program's, the configuration's defaults, the
 * required ones and the given ones. Given values win over defaults, and a known name without a value is the empty
 * text.
 */
export function templateContext(
  config: PromptConfig,
  type: string,
  values: PromptValues,
): Record<string, PromptValue> {
  const required = config.systemPrompts[type]?.variablesRequired ?? []
  const context: Record<string, PromptValue> = Object.create(null)
  for (const name of [...programVariables(type), ...required]) context[name] = ''
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  for (const [name, value] of [
    ...Object.entries(everyPrompt),
    ...Object.entries(config.variables),
    ...given,
  ])
    context[name] = value as PromptValue
  return context
}

/** Lists the required variables that get a value neither from the caller nor from the configuration. */
export function missingVariables(
  config: PromptConfig,
  type: string,
  values: PromptValues,
): readonly string[] {
  const required = config.systemPrompts[type]?.variablesRequired ?? []
  return required.filter((name) => !hasValue(values, name) && !hasValue(config.variables, name))
}

function hasValue(values: PromptValues, name: string): boolean {
  return Object.hasOwn(values, name) && values[name] !== undefined
}
