import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lookup } from 'mrmime'
import { usageError } from '../errors.ts'

export interface SiteFile {
  /** Below the site, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** What S3 calls the ETag of an object that was put whole. */
  readonly md5: string
}

export const siteLimits = { files: 10_000, fileBytes: 50 * 2 ** 20, bytes: 500 * 2 ** 20 }
/** An S3 key may have 1,024 bytes, the release's prefix included. */
const maxPathBytes = 900

/** Ours, in every release: what a site brings itself is replaced. */
export const markerPath = '.well-known/tmux-builder.json'

/** What of a folder is published, in order; exit 2 above the limits. Links are left out, source maps unless wanted. */
export async function readSiteFiles(folder: string, sourceMaps: boolean): Promise<SiteFile[]> {
  const paths = (await listFiles(folder, '')).filter(
    (path) => path !== markerPath && (sourceMaps || !path.endsWith('.map')),
  )
  await requireWithinLimits(folder, paths)
  const files: SiteFile[] = []
  for (const path of paths.toSorted()) {
    const content = await readFile(join(folder, path))
    files.push({
      path,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      md5: createHash('md5').update(content).digest('hex'),
    })
  }
  return files
}

/** Before any is read: what is too large may take long to read. */
async function requireWithinLimits(folder: string, paths: readonly string[]): Promise<void> {
  if (paths.length > siteLimits.files)
    throw tooMuch(`${paths.length} files`, `${siteLimits.files} files`)
  let total = 0
  for (const path of paths) {
    if (Buffer.byteLength(path) > maxPathBytes)
      throw tooMuch(`the path ${path.slice(0, 80)}…`, `paths of ${maxPathBytes} bytes`)
    const { size } = await stat(join(folder, path))
    if (size > siteLimits.fileBytes)
      throw tooMuch(`${path} with ${mib(size)}`, `files of ${mib(siteLimits.fileBytes)}`)
    total += size
    if (total > siteLimits.bytes)
      throw tooMuch(`more than ${mib(siteLimits.bytes)}`, `${mib(siteLimits.bytes)} in all`)
  }
}

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`

const tooMuch = (found: string, limit: string) =>
  usageError(
    `The site is too large to be published: ${found}, where the limit is ${limit}.`,
    'Publish the built site alone (no dependencies, no sources); large media belong elsewhere',
  )

async function listFiles(folder: string, below: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await listFiles(folder, path)))
    else if (entry.isFile()) found.push(path)
  }
  return found
}

/** One value for the whole site: the same files in the same places, and nothing else. */
export function digestOf(files: readonly SiteFile[], mode: string): string {
  const hash = createHash('sha256').update(mode)
  for (const { path, sha256 } of files) hash.update(`\n${sha256} ${path}`)
  return hash.digest('hex')
}

export const isPage = (path: string) => /\.html?$/i.test(path)

export function contentTypeOf(path: string): string {
  const type = lookup(path) ?? 'application/octet-stream'
  return /^(text\/|application\/(javascript|json|xml|manifest\+json)|image\/svg)/.test(type)
    ? `${type}; charset=utf-8`
    : type
}

/** The last word of a name, before its ending. */
const lastWord = /[-._]([A-Za-z0-9]{8,})\.[a-z0-9]+$/

/**
 * Is there a hash of the content in the name, as bundlers write it: `app-Bd83kf0a.js`, `main.3f2a9c1b.css`? An ordinary
 * name that was taken for one (a date, a size, `Holiday1`) would be kept for a year; one that is missed only costs a question.
 */
function isFingerprinted(path: string): boolean {
  const word = lastWord.exec(path)?.[1] ?? ''
  if (/^[0-9a-f]+$/.test(word)) return /[0-9]/.test(word) && /[a-f]/.test(word)
  // Bundlers' own are of 8 characters.
  const isMixed = /[A-Z]/.test(word) && /[a-z]/.test(word) && /[A-Za-z][0-9]+[A-Za-z]/.test(word)
  return word.length === 8 && isMixed
}

/** A year for what can never change under its name; all else is asked for again each time. */
export function cacheControlOf(path: string): string {
  return !isPage(path) && isFingerprinted(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
}
