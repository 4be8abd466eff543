import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import {
  cacheControlOf,
  markerPath,
  readSiteFiles,
  siteLimits,
} from '../../../src/targets/site-files.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const year = 'public, max-age=31536000, immutable'

it.each([
  'app-Bd83kf0a.js',
  'assets/index-4sK9xQ2v.js',
  'main.3f2a9c1b.css',
  'chunk_0a1b2c3d4e5f.js',
  'font-3f2a9c1b3f2a9c1b3f2a9c1b3f2a9c1b.woff2',
])('%s has a hash of its content in its name, and may be kept for a year', (path) => {
  expect(cacheControlOf(path)).toBe(year)
})

it.each([
  'app.js',
  'main.3f2a9c1b.html',
  'android-chrome-192x192.png',
  'apple-touch-icon-180x180.png',
  'hero-image-1920x1080.jpg',
  'hero-image-1920x1080-1.jpg',
  'photo_20240115.jpg',
  'report-2024-01-15.pdf',
  'hero_background2.png',
  'data-products2024.json',
  'photo-Holiday1.jpg',
  'logo-iPhone15Pro.png',
  'report-Summer2024Final.pdf',
  'photo-1stPlace.jpg',
  'Team-Picture2.jpg',
  'IMG-20240101.jpg',
  'x-DSC00012.jpg',
  'big-deadbeef.png',
  'app-Bd83kf0a/app.js',
])('%s is asked for again each time: its content may change under its name', (path) => {
  expect(cacheControlOf(path)).toBe('no-cache')
})

/** A folder with files of so many bytes each; they take no room on the disk. */
function makeSite(files: Readonly<Record<string, number>>): string {
  const folder = temporaryFolder()
  for (const [path, bytes] of Object.entries(files)) {
    if (path.includes('/')) mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), '')
    if (bytes > 0) truncateSync(join(folder, path), bytes)
  }
  return folder
}

const mib = 2 ** 20
const many = (count: number, bytes: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`${n}`, bytes]))
const deep = (bytes: number) => `${'a'.repeat(199)}/`.repeat(5).slice(0, bytes)

it.each<[string, Record<string, number>, RegExp]>([
  ['too many files', many(siteLimits.files + 1, 0), /10001 files, .* limit is 10000 files/],
  ['a file that is too large', { a: 50 * mib + 1 }, /a with 50 MiB, .* files of 50 MiB/],
  ['too much in all', many(11, 50 * mib), /more than 500 MiB, .* 500 MiB in all/],
  ['a path that is too long', { [deep(901)]: 1 }, /the path a+…, .* paths of 900 bytes/],
])('%s: nothing is published', async (_, files, why) => {
  await expect(readSiteFiles(makeSite(files), false)).rejects.toMatchObject({
    reason: 'usage',
    message: expect.stringMatching(why),
  })
})

it('up to the limits all is published, but for source maps and a marker of the site’s own', async () => {
  const folder = makeSite({ [deep(900)]: 1, b: 50 * mib, 'b.map': 1, [markerPath]: 1 })
  const files = await readSiteFiles(folder, false)
  expect(files.map(({ path, bytes }) => [path, bytes])).toEqual([
    [deep(900), 1],
    ['b', 50 * mib],
  ])
})
