import { helperNames } from './calls.ts'
import type { Templates } from './config.ts'
import type { Problem } from './problems.ts'
import { readSources, type Source, type Sources } from './sources.ts'
import { builtInTypes, missingVariables, programVariables, templateContext } from './variables.ts'
import { templateUses } from './walk.ts'

/** What is wrong with any type's template, without rendering one. */
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
      problems.push({ file: undefined, what: `"${type}" requires "${name}", which nothing gives` })
  }
  return problems
}

/** What a template and its partials use that is not there. */
export function findUnknowns(sources: Sources, known: ReadonlySet<string>): Problem[] {
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
