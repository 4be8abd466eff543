/// <reference types="handlebars" />

import { oneLine, type Templates } from './config.ts'
import { isProblem, type Problem, readFirst } from './template-files.ts'
import { partialNames } from './template-uses.ts'

/** A parsed template or partial. */
export interface Source {
  readonly file: string
  readonly program: hbs.AST.Program
}

/** A prompt's template and all partials that it includes, directly or through other partials. */
export interface Sources {
  readonly main: Source | undefined
  readonly partials: ReadonlyMap<string, Source>
  readonly problems: readonly Problem[]
}

/** Reads and parses the template of a type and its partials. Problems are returned rather than thrown. */
export async function readSources(templates: Templates, type: string): Promise<Sources> {
  const { default: handlebars } = await import('handlebars')
  const problems: Problem[] = []
  const partials = new Map<string, Source>()

  const parse = async (names: readonly string[], missing: Problem): Promise<Source | undefined> => {
    const found = await readAny(templates.folders, names)
    if (found === undefined || isProblem(found)) {
      problems.push(found ?? missing)
      return undefined
    }
    try {
      return { file: found.path, program: handlebars.parse(found.text) }
    } catch (error) {
      const what = `broken template: ${oneLine((error as Error).message)}`
      problems.push({ file: found.path, what })
      return undefined
    }
  }

  const readPartials = async (source: Source): Promise<void> => {
    for (const name of partialNames(source.program)) {
      if (partials.has(name)) continue
      const missing = { file: source.file, what: `there is no partial "${name}"` }
      const partial = await parse([partialFile(name)], missing)
      if (partial === undefined) continue
      partials.set(name, partial)
      await readPartials(partial)
    }
  }

  const file = templateNames(templates, type)
  const missing = { file: file[0], what: `there is no such template, but "${type}" names it` }
  const main = await parse(file, missing)
  if (main !== undefined) await readPartials(main)
  return { main, partials, problems }
}

/** The paths where a type's template may be: as it is configured, or the same path below `system_prompts/`. */
export function templateNames(templates: Templates, type: string): readonly string[] {
  const name = templates.config.systemPrompts[type]?.templateFile ?? `${type}.hbs`
  return [name, `system_prompts/${name}`]
}

const partialFile = (name: string) => `system_prompts/partials/${name}.hbs`

/**
 * Reads the first of these names that exists. The user's folder is searched for all names before the built-in one.
 */
export async function readAny(folders: readonly string[], names: readonly string[]) {
  for (const folder of folders)
    for (const name of names) {
      const found = await readFirst([folder], name)
      if (found !== undefined) return found
    }
  return undefined
}
