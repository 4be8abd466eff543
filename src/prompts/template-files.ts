import { readdir, readFile, stat } from 'node:fs/promises'
import { join, normalize, relative, sep } from 'node:path'
import { type TmuxBuilderError, usageError } from '../errors.ts'

/** A problem with one template file, or with the values given to it. */
export interface Problem {
  /** The file that has to be fixed; `undefined` when a given value is wrong. */
  readonly file: string | undefined
  readonly what: string
}

const asLine = ({ file, what }: Problem) => (file === undefined ? what : `${file}: ${what}`)

/** Makes one error that lists every problem, so that all can be fixed before the next run. */
export function problemsError(problems: readonly Problem[], hint?: string): TmuxBuilderError {
  const lines = [...new Set(problems.map(asLine))]
  const message =
    lines.length === 1
      ? `No prompt can be made: ${lines[0]}`
      : `No prompt can be made, ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join('\n')}`
  return usageError(message, hint)
}

export interface TemplateFile {
  readonly path: string
  readonly text: string
}

/**
 * Reads a template file from the first folder that has it. Only a missing file falls through to the next folder: a
 * file that cannot be read is a problem and is never skipped.
 */
export async function readFirst(
  folders: readonly string[],
  name: string,
): Promise<TemplateFile | Problem | undefined> {
  if (!isInside(name)) return { file: name, what: 'lies outside the templates folder' }
  for (const folder of folders) {
    const path = join(folder, name)
    try {
      return { path, text: await readFile(path, 'utf8') }
    } catch (error) {
      if (!isNotFound(error)) return { file: path, what: `cannot be read: ${codeOf(error)}` }
    }
  }
  return undefined
}

/** Reports a missing folder, because a mistyped one would otherwise silently mean the built-in templates. */
export async function findFolderProblem(folder: string): Promise<Problem | undefined> {
  try {
    return (await stat(folder)).isDirectory()
      ? undefined
      : { file: folder, what: 'is not a folder' }
  } catch (error) {
    return { file: folder, what: isNotFound(error) ? 'there is no such folder' : codeOf(error) }
  }
}

export const isProblem = (found: TemplateFile | Problem): found is Problem => 'what' in found

/** Whether a file system error means that the path does not exist. */
const isNotFound = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(codeOf(error))

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error)

function isInside(name: string): boolean {
  const path = relative('/templates', join('/templates', normalize(name)))
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !name.startsWith('/')
}

export interface Skill {
  readonly name: string
  /** Paths are relative to the skill's folder; `SKILL.md` is always one of them. */
  readonly files: readonly { readonly path: string; readonly content: Buffer }[]
}

/** Reads all skills, sorted by name. A user's skill replaces the whole built-in skill of the same name. */
export async function readSkills(templates: {
  readonly folders: readonly string[]
}): Promise<Skill[]> {
  const skills = new Map<string, Skill>()
  for (const folder of templates.folders) {
    for (const name of await readFolderNames(join(folder, 'skills'))) {
      if (skills.has(name)) continue
      const files = await readFiles(join(folder, 'skills', name))
      if (files.some((file) => file.path === 'SKILL.md')) skills.set(name, { name, files })
    }
  }
  return [...skills.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

async function readFolderNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  } catch (error) {
    if (isNotFound(error)) return []
    throw error
  }
}

async function readFiles(folder: string): Promise<Skill['files']> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  return await Promise.all(
    paths.map(async (path) => ({ path: relative(folder, path), content: await readFile(path) })),
  )
}
