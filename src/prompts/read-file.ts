import { readFile, stat } from 'node:fs/promises'
import { join, normalize, relative, sep } from 'node:path'
import type { Problem } from './problems.ts'

export interface TemplateFile {
  readonly path: string
  readonly text: string
}

/**
 * Reads a file of the templates from the first folder that has it (the user's come first).
 * Only "there is none" falls through to the next folder: a file that cannot be read is a problem, never skipped.
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
      if (!isAbsence(error)) return { file: path, what: `cannot be read: ${codeOf(error)}` }
    }
  }
  return undefined
}

/** A problem when the folder is not there, so that a mistyped one does not silently mean "ours". */
export async function findFolderProblem(folder: string): Promise<Problem | undefined> {
  try {
    return (await stat(folder)).isDirectory()
      ? undefined
      : { file: folder, what: 'is not a folder' }
  } catch (error) {
    return { file: folder, what: isAbsence(error) ? 'there is no such folder' : codeOf(error) }
  }
}

export const isProblem = (found: TemplateFile | Problem): found is Problem => 'what' in found

/** Whether an error of the file system means that nothing is there. */
export const isAbsence = (error: unknown) => ['ENOENT', 'ENOTDIR'].includes(codeOf(error))

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error)

function isInside(name: string): boolean {
  const path = relative('/templates', join('/templates', normalize(name)))
  return path !== '' && path !== '..' && !path.startsWith(`..${sep}`) && !name.startsWith('/')
}
