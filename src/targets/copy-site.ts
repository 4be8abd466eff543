import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { usageError } from '../errors.ts'

/** The real path of a built site inside the workspace. Exit 2 where it lies elsewhere or has no index.html. */
export async function requireSiteFolder(
  folder: string,
  cwd: string,
  workspace: string,
): Promise<string> {
  const given = resolve(cwd, folder)
  const real = await realpath(given).catch(() => undefined)
  if (!real || !(await stat(real)).isDirectory())
    throw usageError(
      `There is no folder ${given}.`,
      'Build the site first, then give its folder with --dir',
    )
  const fromWorkspace = relative(await realpath(workspace), real)
  if (fromWorkspace === '..' || fromWorkspace.startsWith(`..${sep}`))
    throw usageError(
      `${given} is outside the workspace.`,
      `Deploy a folder below ${workspace}: nothing else may be published`,
    )
  // `lstat`, because `copySite` leaves links out.
  const index = await lstat(join(real, 'index.html')).catch(() => undefined)
  if (!index?.isFile())
    throw usageError(`${given} has no index.html.`, 'Give the folder of the built site with --dir')
  return real
}

/** Copies a site aside and renames it into place. It leaves links out, because a link could publish any file. */
export async function copySite(from: string, to: string): Promise<void> {
  const aside = `${to}.part`
  await rm(aside, { recursive: true, force: true })
  await copyFolder(from, aside)
  await rename(aside, to)
}

async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) await copyFolder(source, target)
    else if (entry.isFile()) {
      await copyFile(source, target)
      await chmod(target, 0o600)
    }
  }
}
