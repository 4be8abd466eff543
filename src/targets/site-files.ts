import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lookup } from 'mrmime'
import { usageError } from '../errors.ts'

export interface SiteFile {
  /** The path relative to the site's folder, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly sha256: string
  /** The ETag that S3 gives an object that is uploaded in one part. */
  readonly md5: string
}

export const siteLimits = { files: 10_000, fileBytes: 50 * 2 ** 20, bytes: 500 * 2 ** 20 }
/** An S3 key may have 1,024 bytes, and the release's prefix takes some of them. */
const maxPathBytes = 900

/** Every release gets a marker file of its own, which replaces a site's file at this path. */
export const markerPath = '.well-known/tmux-builder.json'

/**
 * Lists the files that are published, sorted by path; throws `usage` above the limits. Links are never
 * published.
 */
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

/** Sizes are checked before any content is read, because a large site would take long to read. */
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
    'Publish only the built site, without dependencies and sources; host large media elsewhere',
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

/** Two sites have the same digest only if they have the same files at the same paths, and the same mode. */
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

/** Matches the last word of a file name, before its extension. */
const lastWord = /[-._]([A-Za-z0-9]{8,})\.[a-z0-9]+$/

/**
 * Whether the name holds a hash of the content, as bundlers write it: `app-Bd83kf0a.js`, `main.3f2a9c1b.css`. The
 * test is strict, because browsers keep a fingerprinted file for a year: a date or `Holiday1` that passed would go
 * stale, while a hash that is missed only costs a revalidation.
 */
function isFingerprinted(path: string): boolean {
  const word = lastWord.exec(path)?.[1] ?? ''
  if (/^[0-9a-f]+$/.test(word)) return /[0-9]/.test(word) && /[a-f]/.test(word)
  // The mixed-case hashes of bundlers have 8 characters.
  const isMixed = /[A-Z]/.test(word) && /[a-z]/.test(word) && /[A-Za-z][0-9]+[A-Za-z]/.test(word)
  return word.length === 8 && isMixed
}

/** Fingerprinted files are cached for a year, because they never change; browsers revalidate all others. */
export function cacheControlOf(path: string): string {
  return !isPage(path) && isFingerprinted(path) ? 'public, max-age=31536000, immutable' : 'no-cache'
}
