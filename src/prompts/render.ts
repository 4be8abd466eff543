import { compileOptions, helpers } from './calls.ts'
import { findTemplatesProblems, findUnknowns } from './check.ts'
import type { PromptType, Templates } from './config.ts'
import { type Problem, problemsError } from './problems.ts'
import { readSources, type Source } from './sources.ts'
import { isVariableName, type PromptValues } from './values.ts'
import { missingVariables, templateContext } from './variables.ts'

/** The text of a prompt. Values are data: they come through byte for byte and are never read as a template. */
export async function renderPrompt(
  templates: Templates,
  type: PromptType,
  values: PromptValues,
): Promise<string> {
  requireType(templates, type)
  const { config } = templates
  const sources = await readSources(templates, type)
  const world = templateContext(config, type, values)
  const problems: Problem[] = [
    ...Object.keys(values)
      .filter((name) => !isVariableName(name))
      .map((name) => given(`"${name}" cannot be the name of a variable`)),
    ...missingVariables(config, type, values).map((name) =>
      given(`"${type}" requires the variable "${name}"`),
    ),
    ...sources.problems,
    ...findUnknowns(sources, new Set(Object.keys(world))),
  ]
  if (sources.main === undefined || problems.length > 0) throw problemsError(problems)

  const { default: handlebars } = await import('handlebars')
  // An instance of its own: nothing that other code registers can be called from a template.
  const environment = handlebars.create()
  environment.registerHelper(helpers)
  const compile = (source: Source) => environment.compile(source.program, compileOptions)
  const partials = [...sources.partials].map(([name, source]) => [name, compile(source)])
  return compile(sources.main)(world, { partials: Object.fromEntries(partials) })
}

/** Fails when any type's template is broken or names what nothing gives; names every problem. */
export async function checkTemplates(templates: Templates): Promise<void> {
  const problems = await findTemplatesProblems(templates)
  if (problems.length > 0) throw problemsError(problems)
}

/** Fails, naming the known types, when there is no such type. */
export function requireType(templates: Templates, type: PromptType): void {
  const types = Object.keys(templates.config.systemPrompts)
  if (!types.includes(type))
    throw problemsError([given(`there is no prompt type "${type}"; known: ${types.join(', ')}`)])
}

const given = (what: string): Problem => ({ file: undefined, what })
