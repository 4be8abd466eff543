import { shellQuote } from '../world/shell-quote.ts'
import {
  isVariableName,
  type PromptType,
  type PromptValue,
  type PromptValues,
  type Templates,
} from './config.ts'
import { readSources, type Source, type Sources } from './sources.ts'
import { type Problem, problemsError } from './template-files.ts'
import { templateUses } from './template-uses.ts'
import { builtInTypes, missingVariables, programVariables, templateContext } from './variables.ts'

/** Renders a prompt. Values are data: they appear byte for byte in the text and are never parsed as a template. */
export async function renderPrompt(
  templates: Templates,
  type: PromptType,
  values: PromptValues,
): Promise<string> {
  requireType(templates, type)
  const { config } = templates
  const sources = await readSources(templates, type)
  const context = templateContext(config, type, values)
  const problems: Problem[] = [
    ...Object.keys(values)
      .filter((name) => !isVariableName(name))
      .map((name) => given(`"${name}" cannot be the name of a variable`)),
    ...missingVariables(config, type, values).map((name) =>
      given(`"${type}" requires the variable "${name}"`),
    ),
    ...sources.problems,
    ...findUnknowns(sources, new Set(Object.keys(context))),
  ]
  if (sources.main === undefined || problems.length > 0) throw problemsError(problems)

  const { default: handlebars } = await import('handlebars')
  // The instance is private, so that a template cannot call what other code registers.
  const environment = handlebars.create()
  environment.registerHelper(helpers)
  const compile = (source: Source) => environment.compile(source.program, compileOptions)
  const partials = [...sources.partials].map(([name, source]) => [name, compile(source)])
  return compile(sources.main)(context, { partials: Object.fromEntries(partials) })
}

/** Throws one error that lists every problem when a template is broken or uses a variable without a value. */
export async function checkTemplates(templates: Templates): Promise<void> {
  const problems = await findTemplatesProblems(templates)
  if (problems.length > 0) throw problemsError(problems)
}

/** Throws, with the list of known types, when the type does not exist. */
export function requireType(templates: Templates, type: PromptType): void {
  const types = Object.keys(templates.config.systemPrompts)
  if (!types.includes(type))
    throw problemsError([given(`there is no prompt type "${type}"; known: ${types.join(', ')}`)])
}

const given = (what: string): Problem => ({ file: undefined, what })

/** The helpers that a template can call. Handlebars' own `log`, `lookup`, `each` and `with` are excluded. */
const helpers = {
  eq: (left: PromptValue, right: PromptValue) => left === right,
  quote: (value: PromptValue) => shellQuote(String(value)),
}

const helperNames: ReadonlySet<string> = new Set(['if', 'unless', ...Object.keys(helpers)])

/** Escaping and indenting are switched off, so that values appear byte for byte. */
const compileOptions = {
  noEscape: true,
  preventIndent: true,
  strict: true,
  knownHelpersOnly: true,
  knownHelpers: Object.fromEntries(
    [...helperNames, 'each', 'with', 'log', 'lookup'].map((name) => [name, helperNames.has(name)]),
  ),
}

/** Finds the problems of all types' templates without rendering them. */
export async function findTemplatesProblems(templates: Templates): Promise<Problem[]> {
  const { config } = templates
  const problems: Problem[] = []
  for (const type of Object.keys(config.systemPrompts)) {
    const sources = await readSources(templates, type)
    const known = new Set(Object.keys(templateContext(config, type, {})))
    problems.push(...sources.problems, ...findUnknowns(sources, known))
    if (!builtInTypes.includes(type)) continue
    const given = Object.fromEntries(programVariables(type).map((name) => [name, '']))
    for (const name of missingVariables(config, type, given))
      problems.push({
        file: undefined,
        what: `"${type}" requires "${name}", which never has a value`,
      })
  }
  return problems
}

/** Finds the variables and helpers that a template and its partials use and that do not exist. */
function findUnknowns(sources: Sources, known: ReadonlySet<string>): Problem[] {
  return sources.main === undefined ? [] : unknownsIn(sources.main, sources, known, [])
}

function unknownsIn(
  source: Source,
  sources: Sources,
  known: ReadonlySet<string>,
  above: readonly Source[],
): Problem[] {
  return templateUses(source.program).flatMap((use): Problem[] => {
    const at = (what: string): Problem => ({ file: source.file, what: `line ${use.line}: ${what}` })
    if (use.kind === 'unsupported') return [at(`${use.what} is not supported`)]
    if (use.kind === 'variable')
      return known.has(use.name) ? [] : [at(`unknown variable "${use.name}"`)]
    if (use.kind === 'helper')
      return helperNames.has(use.name) ? [] : [at(`unknown helper "${use.name}"`)]
    const partial = sources.partials.get(use.name)
    if (partial === undefined) return []
    const path = [...above, source]
    if (path.includes(partial)) return [at(`the partial "${use.name}" includes itself`)]
    return unknownsIn(partial, sources, new Set([...known, ...use.given]), path)
  })
}
