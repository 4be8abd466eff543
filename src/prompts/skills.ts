import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { Templates } from './config.ts'
import { isAbsence } from './read-file.ts'

export interface Skill {
  readonly name: string
  /** Paths are relative to the skill's folder; `SKILL.md` is always among them. */
  readonly files: readonly { readonly path: string; readonly content: Buffer }[]
}

/** All skills, sorted by name; a user's skill replaces ours of the same name as a whole. */
export async function readSkills(templates: Templates): Promise<Skill[]> {
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
    if (isAbsence(error)) return []
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
