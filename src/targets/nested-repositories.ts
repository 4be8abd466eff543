import { existsSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'

const passed = new Set(['.git', '.claude', '.terraform', 'node_modules'])

/** Folders below this one that hold a repository of their own, relative to it; not what lies in those. */
export function findNestedRepositories(folder: string): string[] {
  const found: string[] = []
  const look = (inside: string) => {
    for (const entry of readdirSync(inside, { withFileTypes: true })) {
      if (!entry.isDirectory() || passed.has(entry.name)) continue
      const path = join(inside, entry.name)
      if (existsSync(join(path, '.git'))) found.push(relative(folder, path))
      else look(path)
    }
  }
  look(folder)
  return found
}
